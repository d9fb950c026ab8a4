/** Bytes of an alert with its record header. */
export const ALERT_BYTES = 7;

const ALERT = 0x15;
const WARNING = 1;
const FATAL = 2;

/**
 * Whether bytes begin with an unencrypted alert (RFC 8446, 5.1 and 6), which a TLS server sends to a client that does
 * not speak TLS, before it closes cleanly.
 */
export function beginsWithTlsAlert(bytes: Uint8Array): boolean {
  const [type, major, minor = Infinity, high, length, level] = bytes;
  const isRecord = type === ALERT && major === 3 && minor <= 4 && high === 0 && length === 2;
  return isRecord && bytes.length >= ALERT_BYTES && (level === WARNING || level === FATAL);
}
