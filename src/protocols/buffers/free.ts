/** Shorter arrays are left to the garbage collector. */
const LONG = 64 * 1024;

/**
 * Gives the memory of a long array back at once: the garbage collector lets several times as much accumulate first. Nobody
 * may refer to it any more.
 */
export function free({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < LONG || byteLength < buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transferToFixedLength(0); // transfer(0) and resize(0) keep the memory of a buffer that can grow.
}
