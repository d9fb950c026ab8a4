/** Work on a poem in steps, so that the event loop can serve others in between. Returns the result. */
export type Steps = Generator<void, Uint8Array>;

/** Bytes of a poem that one step processes, in 1 to 3 ms (bench/transform.ts). */
export const SLICE = 64 * 1024;

export const LF = 0x0a;
export const SPACE = 0x20;

/**
 * The end of the slice that begins at `from`: after the first byte from SLICE on that may be its last, or at the end of
 * the poem.
 */
export function endOfSlice(poem: Uint8Array, from: number, mayEnd: (byte: number) => boolean): number {
  let to = Math.min(from + SLICE, poem.length);
  while (to < poem.length && !mayEnd(poem[to - 1] as number)) to++;
  return to;
}

export function isLineFeed(byte: number): boolean {
  return byte === LF;
}

/**
 * Slices end between words, because the lower case of a letter may depend on the rest of its word (final sigma). A poem
 * without blanks is one slice: 16 MiB take at most 0.2 s.
 */
export function isBlank(byte: number): boolean {
  return byte === LF || byte === SPACE;
}
