/** Bytes. Shorter arrays are left to the garbage collector. */
const LONG = 64 * 1024;

/**
 * Frees the memory of a long array at once; the garbage collector would let several times as much accumulate. The array
 * must no longer be in use.
 */
export function free({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < LONG || byteLength < buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transferToFixedLength(0); // transfer(0) and resize(0) keep the memory of a buffer that can grow.
}
