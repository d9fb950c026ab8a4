const STANZA = `Where, like a pillow on a bed,
A pregnant bank swell'd up, to rest
The violet's reclining head,
Sat we two, one another's best.
`;

/** The length of the usual poem: 3 KB. */
export const POEM_BYTES = 3072;

/** A poem of exactly `bytes` bytes, the same in every process, so that its receivers know what to expect. */
export function poemOf(bytes: number): Buffer {
  return Buffer.alloc(bytes, STANZA);
}
