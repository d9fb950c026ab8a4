import type { Clock } from "../../time/clock.ts";
import { unmetered, type Meter } from "../../protocols/buffers/meter.ts";
import { collectOwn } from "../../protocols/one-shot.ts";
import type { FetchGate } from "../fetch/gate.ts";
import { inSteps } from "../in-steps.ts";
import { numberLines } from "./number-lines.ts";
import { endOfSlice, isBlank, isLineFeed, LF, SLICE, type Steps } from "./slices.ts";
import { toTransformError, TransformError, type Transformation } from "./transformation.ts";

interface BuiltIn {
  readonly name: string;
  /** One line, for listings. */
  readonly description: string;
  /**
   * @param limit bytes of the longest result; throws TooLongError beyond it, where a result can be longer than the poem
   * @param meter accounts for the memory of the result
   */
  readonly change: (poem: Uint8Array, limit: number, meter: Meter) => Steps;
}

/** The transformations of a server that need no program. */
export const BUILT_IN: readonly BuiltIn[] = [
  ofText("cummingsify", "in lower case, as E. E. Cummings might have it", isBlank, (text) =>
    text.toLowerCase(),
  ),
  ofText("shout", "in upper case", isBlank, (text) => text.toUpperCase()),
  { name: "reverse-lines", description: "the last line first", change: reverseLines },
  { name: "number-lines", description: "each line with its number in front", change: numberLines },
  ofText("acrostic", "the first letter of every line", isLineFeed, firstLetters, "\n"),
  {
    name: "rot13",
    description: "each letter from A to Z replaced by the one 13 places on; twice gives the poem again",
    change: rot13,
  },
];

/** Options of builtIn(). */
export interface BuiltInOptions {
  readonly clock: Pick<Clock, "nextTurn">;
  /** Limits how many run at a time; shared with filters. */
  readonly gate: FetchGate;
  /** Bytes of the longest answer. */
  readonly maxOutput: number;
}

/** The built-in transformations. They run on the event loop: a short poem in one go, a long one in steps. */
export function builtIn({ clock, gate, maxOutput }: BuiltInOptions): Transformation[] {
  return BUILT_IN.map(({ name, description, change }) => {
    const apply = (poem: Uint8Array, meter: Meter = unmetered) =>
      gate.run(() => inSteps(change(poem, maxOutput, meter), clock)).addErrback(toTransformError, name);
    return { name, description, apply };
  });
}

/**
 * A transformation of text. Anything but valid UTF-8 fails, rather than being corrupted.
 *
 * @param mayEnd whether a piece that ends in this byte can be transformed without knowing what follows
 * @param end text to append to the result
 */
function ofText(
  name: string,
  description: string,
  mayEnd: (byte: number) => boolean,
  change: (text: string) => string,
  end = "",
): BuiltIn {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decode = (piece: Uint8Array) => {
    try {
      return decoder.decode(piece);
    } catch {
      throw new TransformError(name, "not_text", "the poem is not valid UTF-8");
    }
  };

  function* inPieces(poem: Uint8Array, limit: number, meter: Meter): Steps {
    const changed = collectOwn(limit, meter);
    for (let from = 0, to = 0; from < poem.length; from = to) {
      if (from > 0) yield;
      to = endOfSlice(poem, from, mayEnd);
      changed.take(encoder.encode(change(decode(poem.subarray(from, to)))));
    }
    changed.take(encoder.encode(end));
    return changed.end();
  }
  return { name, description, change: inPieces };
}

/** The first letter of each line that has one, with its combining marks. */
function firstLetters(text: string): string {
  let letters = "";
  for (const [, letter] of text.matchAll(/^[^\p{L}\n]*(\p{L}\p{M}*)/gmu)) letters += letter;
  return letters;
}

/** Reverses all bytes, then those of each line. A final line feed stays at the end; a missing one stays missing. */
function* reverseLines(poem: Uint8Array, _: number, meter: Meter): Steps {
  meter.takes(poem.length);
  const reversed = new Uint8Array(poem); // Not slice(): that of a Buffer does not copy.
  const lines = reversed.subarray(0, poem.at(-1) === LF ? -1 : undefined);
  lines.reverse();
  for (let from = 0, to = 0; from < lines.length; from = to) {
    if (from > 0) yield;
    to = endOfSlice(lines, from, isLineFeed);
    reverseEachLine(lines, from, to);
  }
  return reversed;
}

// On bytes, without an array per line, because there may be millions.
function reverseEachLine(bytes: Uint8Array, from: number, to: number): void {
  for (let start = from; start < to; start++) {
    let end = start;
    while (end < to && bytes[end] !== LF) end++;
    for (let left = start, right = end - 1; left < right; left++, right--) {
      const byte = bytes[left] as number;
      bytes[left] = bytes[right] as number;
      bytes[right] = byte;
    }
    start = end;
  }
}

/** Works on bytes: in UTF-8, no other character contains the byte of an ASCII letter. */
const ROT13 = new Uint8Array(256).map((_, byte) => {
  const letter = byte | 0x20; // Lower case.
  if (letter < 0x61 || letter > 0x7a) return byte;
  return letter < 0x6e ? byte + 13 : byte - 13;
});

function* rot13(poem: Uint8Array, _: number, meter: Meter): Steps {
  meter.takes(poem.length);
  const rotated = new Uint8Array(poem.length);
  for (let from = 0; from < poem.length; from += SLICE) {
    if (from > 0) yield;
    rotate(poem, rotated, from, Math.min(from + SLICE, poem.length));
  }
  return rotated;
}

function rotate(poem: Uint8Array, rotated: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at++) rotated[at] = ROT13[poem[at] as number] as number;
}
