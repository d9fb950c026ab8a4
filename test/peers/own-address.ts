/**
 * A loopback address that nobody else uses: all of its ports are free, for servers and clients that need a certain
 * port.
 */
export function ownAddress(): string {
  const [a = 0, b = 0, c = 0] = crypto.getRandomValues(new Uint8Array(3));
  return `127.${16 + (a % 200)}.${b}.${c}`;
}
