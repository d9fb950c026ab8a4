/** The work on a poem, step by step: others have their turn in between. */
export type Steps = Generator<void, Uint8Array>;

/** Bytes of a poem that are changed in one step: 1 to 3 ms (bench/transform.ts). */
export const SLICE = 64 * 1024;

export const LF = 0x0a;
export const SPACE = 0x20;

/** Where the slice that begins at `from` ends: behind a byte that may be its last, or with the poem. */
export function endOfSlice(poem: Uint8Array, from: number, mayEnd: (byte: number) => boolean): number {
  let to = Math.min(from + SLICE, poem.length);
  while (to < poem.length && !mayEnd(poem[to - 1] as number)) to++;
  return to;
}

export function isLineFeed(byte: number): boolean {
  return byte === LF;
}

/**
 * Between words: how a letter is written in lower case may depend on others of its word (final sigma). A poem without
 * blanks is one slice: 16 MiB of it take 0.2 s at most.
 */
export function isBlank(byte: number): boolean {
  return byte === LF || byte === SPACE;
}
