/** Bytes of an alert, its record included. */
export const ALERT_BYTES = 7;

const ALERT = 0x15;
const WARNING = 1;
const FATAL = 2;

/**
 * Whether bytes begin with an alert that is not encrypted (RFC 8446, 5.1 and 6): what a server that speaks TLS says to
 * somebody who does not, before it ends in order.
 */
export function beginsWithTlsAlert(bytes: Uint8Array): boolean {
  const [type, major, minor = Infinity, high, length, level] = bytes;
  const isRecord = type === ALERT && major === 3 && minor <= 4 && high === 0 && length === 2;
  return isRecord && bytes.length >= ALERT_BYTES && (level === WARNING || level === FATAL);
}
