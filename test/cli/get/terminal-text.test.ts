import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TerminalText } from "../../../src/cli/get/terminal-text.ts";

/** What a terminal is sent for these pieces. */
function shown(...pieces: readonly Uint8Array[]): string {
  const text = new TerminalText();
  const sent = [...pieces.map((piece) => text.take(piece)), text.end()];
  return Buffer.concat(sent).toString();
}

describe("TerminalText", () => {
  test.each([
    ["text", "O gentle soul\n\tsì 🌊\r\n", "O gentle soul\n\tsì 🌊\r\n"],
    ["colours", "\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"],
    ["a title for the window", "\x1b]0;owned\x07", "\\x1b]0;owned\\x07"],
    ["what goes back in a line", "rm -rf\rharmless", "rm -rf\\x0dharmless"],
    ["what goes back a character", "a\bb\x7f", "a\\x08b\\x7f"],
    ["controls of eight bits", "\u009b31m\u0085", "\\x9b31m\\x85"],
    ["a byte order mark", "\ufeffa", "\ufeffa"],
    ["a carriage return before the end of a line", "a\r\r\nb", "a\\x0d\r\nb"],
    ["a carriage return at the end", "a\r", "a\\x0d"],
    ["nothing", "", ""],
  ])("shows %s", (_what, text, expected) => {
    expect(shown(Buffer.from(text))).toBe(expected);
  });

  test("escapes bytes that are not text", () => {
    expect(shown(Buffer.from("caf\xe9 \x9b31m", "latin1"))).toBe("caf\uFFFD \uFFFD31m");
  });

  test("shows the same text, however it is split", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("\r", "\n", "\x1b[", "é", "🌊", "\u009b", "a", "\xff"), { maxLength: 12 }),
        fc.array(fc.nat({ max: 40 })),
        (parts, cuts) => {
          const bytes = Buffer.from(parts.join(""));
          const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
          const pieces = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
          expect(shown(...pieces)).toBe(shown(bytes));
        },
      ),
    );
  });
});
