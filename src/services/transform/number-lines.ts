import type { Meter } from "../../protocols/buffers/meter.ts";
import { TooLongError } from "../../protocols/one-shot.ts";
import { LF, SLICE, SPACE, type Steps } from "./slices.ts";

/**
 * Numbers the lines. Works on bytes, without a string or array per line, because there may be millions. Throws
 * TooLongError.
 */
export function* numberLines(poem: Uint8Array, limit: number, meter: Meter): Steps {
  let count = poem.length > 0 && poem.at(-1) !== LF ? 1 : 0; // The last line may lack a line feed.
  for (let from = 0; from < poem.length; from += SLICE) {
    if (from > 0) yield;
    count += countLineFeeds(poem, from, from + SLICE);
  }
  const label = new Label(`${count}`.length);
  const length = poem.length + count * label.length;
  if (length > limit) throw new TooLongError(limit);
  meter.takes(length);
  const numbered = new Uint8Array(length);
  for (let from = 0, at = 0; from < poem.length; from += SLICE) {
    if (from > 0) yield;
    at = numberEachLine(poem, from, from + SLICE, numbered, at, label);
  }
  return numbered;
}

function countLineFeeds(poem: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if (poem[at] === LF) count++;
  return count;
}

/** Copies these bytes to `at`, with a number before each line that begins in them; returns the position after them. */
function numberEachLine(
  poem: Uint8Array,
  from: number,
  to: number,
  numbered: Uint8Array,
  at: number,
  label: Label,
): number {
  let isNew = from === 0 || poem[from - 1] === LF;
  for (let next = from; next < Math.min(to, poem.length); next++) {
    if (isNew) at = label.writeNext(numbered, at);
    const byte = poem[next] as number;
    numbered[at++] = byte;
    isNew = byte === LF;
  }
  return at;
}

/** A right-aligned number and two blanks; counts by changing its digits in place. */
class Label {
  readonly #digits: Uint8Array;

  constructor(width: number) {
    this.#digits = new Uint8Array(width + 2).fill(SPACE);
  }

  get length(): number {
    return this.#digits.length;
  }

  /** Writes the next number, starting with 1; returns the position after it. */
  writeNext(to: Uint8Array, at: number): number {
    const digits = this.#digits;
    let last = digits.length - 3;
    while (digits[last] === 0x39) digits[last--] = 0x30;
    digits[last] = digits[last] === SPACE ? 0x31 : (digits[last] as number) + 1;
    for (let i = 0; i < digits.length; i++) to[at + i] = digits[i] as number;
    return at + digits.length;
  }
}
