const STANZA = `Where, like a pillow on a bed,
A pregnant bank swell'd up, to rest
The violet's reclining head,
Sat we two, one another's best.
`;

/** A poem of exactly `bytes` bytes, the same in every process: whoever receives it knows what to expect. */
export function poemOf(bytes: number): Buffer {
  return Buffer.alloc(bytes, STANZA);
}
