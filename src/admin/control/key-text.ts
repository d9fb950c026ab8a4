import { fromLatin1 } from "../../protocols/bytes.ts";

/** The last character of the key of a request that came without its terminator: see protocols/request.ts. */
const UNTERMINATED = "\u2404";

/** Characters that a terminal must not get, or that could not be typed, and the backslash, which begins an escape. */
const ESCAPED = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\\]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };
const LONG = new Map(Object.entries(SHORT).map(([char, escape]) => [escape, char]));

/** A key in a form that can be typed: valid UTF-8 unchanged, other and invisible bytes as `\n` or `\x00`. */
export function shownKey(key: string): string {
  const bytes = fromLatin1(key.endsWith(UNTERMINATED) ? key.slice(0, -1) : key);
  const text = utf8In(bytes);
  if (text === undefined)
    return Array.from(bytes, (byte) => (byte < 0x80 ? visible(String.fromCharCode(byte)) : hex(byte))).join(
      "",
    );
  return visible(text);
}

/** Whether the request with this key had its terminator. */
export function isTerminatedKey(key: string): boolean {
  return !key.endsWith(UNTERMINATED);
}

/**
 * The bytes of a typed key: the inverse of `shownKey`.
 *
 * @throws {SyntaxError} saying what was expected, for an invalid escape
 */
export function typedKey(text: string): Uint8Array {
  const parts = text.split(/(\\x[0-9a-fA-F]{2}|\\.?)/su);
  return Buffer.concat(parts.map((part, index) => (index % 2 === 1 ? unescaped(part) : Buffer.from(part))));
}

function unescaped(escape: string): Buffer {
  if (escape.startsWith("\\x") && escape.length === 4) return Buffer.from(escape.slice(2), "hex");
  const char = LONG.get(escape);
  if (char === undefined)
    throw new SyntaxError(`expected \\n, \\r, \\t, \\\\ or \\x00 to \\xff instead of ${escape}`);
  return Buffer.from(char);
}

function visible(text: string): string {
  return text.replace(ESCAPED, (char) => SHORT[char] ?? Array.from(Buffer.from(char), hex).join(""));
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

function utf8In(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
