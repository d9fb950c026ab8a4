import { toLatin1 } from "./bytes.ts";
import { FrameError, type FrameRule } from "./frame.ts";

const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const COMMA = 0x2c;

/** Maximum number of digits of a length, so that it stays below 2^53, which has 16. */
const MOST_DIGITS = 15;

/**
 * Netstrings, `12:hello world!,`: the length in decimal digits, without sign or leading zeros, a colon, that many
 * bytes, a comma. Source: D. J. Bernstein, "Netstrings" (1997).
 */
export const netstring: FrameRule = {
  length(bytes) {
    const colon = colonOf(bytes);
    if (colon === -1) return -1;
    const comma = colon + 1 + Number(toLatin1(bytes.subarray(0, colon)));
    if (comma < bytes.length && bytes[comma] !== COMMA) {
      throw new FrameError("malformed", "netstring without a comma at its end");
    }
    return comma + 1;
  },
  endsWithInput: false,
};

/** The bytes between the colon and the comma of a complete netstring. */
export function netstringContent(frame: Uint8Array): Uint8Array {
  return frame.subarray(colonOf(frame) + 1, -1);
}

/** A netstring with the concatenated parts as its content. */
export function toNetstring(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(asNetstring(...parts));
}

/** The same as a list of pieces, without copying. */
export function asNetstring(...parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Buffer.from(`${length}:`), ...parts, Buffer.from(",")];
}

/** The position of the colon, after checking that a number precedes it; -1 if it has not arrived. */
function colonOf(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === COLON && at > 0) return at;
    if (byte < ZERO || byte > NINE) throw new FrameError("malformed", "netstring without a length");
    if (at === 1 && bytes[0] === ZERO)
      throw new FrameError("malformed", "netstring length with a leading zero");
    if (at === MOST_DIGITS) throw new FrameError("too_long", "netstring length of too many digits");
  }
  return -1;
}
