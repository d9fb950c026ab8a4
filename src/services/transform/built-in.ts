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
  /** For people: one line. */
  readonly description: string;
  /**
   * @param limit bytes of the longest outcome; TooLongError beyond it where it may be longer than the poem
   * @param meter is told what the outcome takes
   */
  readonly change: (poem: Uint8Array, limit: number, meter: Meter) => Steps;
}

/** What a transformation server can do by itself. */
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
    description: "each letter from A to Z by the one 13 places on; twice: the poem again",
    change: rot13,
  },
];

export interface BuiltInOptions {
  readonly clock: Pick<Clock, "nextTurn">;
  /** How many may run; shared with filters. */
  readonly gate: FetchGate;
  /** Bytes of the longest answer. */
  readonly maxOutput: number;
}

/** The built-in transformations, which share the event loop with everybody: a short poem is changed at once. */
export function builtIn({ clock, gate, maxOutput }: BuiltInOptions): Transformation[] {
  return BUILT_IN.map(({ name, description, change }) => {
    const apply = (poem: Uint8Array, meter: Meter = unmetered) =>
      gate.run(() => inSteps(change(poem, maxOutput, meter), clock)).addErrback(toTransformError, name);
    return { name, description, apply };
  });
}

/**
 * A change of text: of UTF-8 that is valid, because what cannot be read would come back spoilt.
 *
 * @param mayEnd whether a piece of the text that ends in this byte can be changed without knowing what follows
 * @param end what follows the last piece
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

/** Lines without a letter give none; marks that belong to a letter stay with it. */
function firstLetters(text: string): string {
  let letters = "";
  for (const [, letter] of text.matchAll(/^[^\p{L}\n]*(\p{L}\p{M}*)/gmu)) letters += letter;
  return letters;
}

/** All bytes the other way round, and then those of each line. A line feed that is missing at the end is missing at the new end. */
function* reverseLines(poem: Uint8Array, _: number, meter: Meter): Steps {
  meter.takes(poem.length);
  const reversed = new Uint8Array(poem); // Not slice: a Buffer's is no copy.
  const lines = reversed.subarray(0, poem.at(-1) === LF ? -1 : undefined);
  lines.reverse();
  for (let from = 0, to = 0; from < lines.length; from = to) {
    if (from > 0) yield;
    to = endOfSlice(lines, from, isLineFeed);
    reverseEachLine(lines, from, to);
  }
  return reversed;
}

// By bytes, with no array for a line: there may be millions of them.
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

/** Letters are ASCII: no byte of another character is one of them. */
const ROT13 = new Uint8Array(256).map((_, byte) => {
  const letter = byte | 0x20; // In lower case.
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
