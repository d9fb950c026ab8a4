/**
 * A loopback address that nobody else uses: every port of it is free, for servers and clients with a port of their own.
 */
export function ownAddress(): string {
  const [a = 0, b = 0, c = 0] = crypto.getRandomValues(new Uint8Array(3));
  return `127.${16 + (a % 200)}.${b}.${c}`;
}
