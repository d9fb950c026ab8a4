import { describe, expect, test } from "bun:test";
import { Refusal } from "../../../../src/services/fetch/upstreams/refusal.ts";

const upstream = { host: "192.0.2.1", port: 43 };
const asked = (text: string) => ({ bytes: Buffer.from(text, "latin1"), isTerminated: true });

/** What is repeated to a client that asks `next`, after `first` got `said`. */
function repeated(first: string, said: string, next: string): string | undefined {
  const refusal = new Refusal(upstream, asked(first), Buffer.from(said), 7);
  const { answer } = refusal.repeatedFor(asked(next));
  return answer && Buffer.from(answer).toString();
}

describe("Refusal", () => {
  test("is an error that shows the refusal, on one line", () => {
    const said = `%ERROR:201: access denied for 192.0.2.7\x1b[31m ${"!".repeat(100)}\r\nand more\r\n`;
    const error = new Refusal(upstream, asked("poem\r\n"), Buffer.from(said), 7).asError();
    expect(error.message).toBe(
      `Cannot fetch from 192.0.2.1:43: it refused to answer: "%ERROR:201: access denied for 192.0.2.7\\x1b[31m ${"!".repeat(35)}…"`,
    );
    expect(error).toMatchObject({
      reason: "refusal",
      ending: "upstream/data/refusal",
      isRepeated: false,
      fetch: 7,
    });
    expect(Buffer.from(error.answer ?? []).toString()).toBe(said);
  });

  test("is repeated for other requests", () => {
    expect(repeated("a.example\r\n", "Too many requests.", "b.example\r\n")).toBe("Too many requests.");
  });

  test("is not repeated for them if it contains the refused request: it may be an answer", () => {
    const said = 'No match for "WHOIS-LIMIT-EXCEEDED".\r\n';
    expect(repeated("whois-limit-exceeded\r\n", said, "b.example\r\n")).toBeUndefined();
    expect(repeated("whois-limit-exceeded\r\n", said, "whois-limit-exceeded\r\n")).toBe(said);
  });

  test("is repeated if there is no request, or an empty one", () => {
    expect(repeated("", "Too many requests.", "")).toBe("Too many requests.");
    expect(repeated("\r\n", "Too many requests.", "b.example\r\n")).toBe("Too many requests.");
  });
});
