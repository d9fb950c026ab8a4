/** Control characters (C0, DEL, C1), bidirectional controls, and Unicode's line ends. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * Makes control characters visible, because foreign bytes must not forge a line, control the terminal, or reorder text.
 */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** The same for JSON text, whose meaning stays the same; JSON itself only escapes C0. */
export function escapeControlsInJson(json: string): string {
  return json.replace(UNPRINTABLE, (char) => `\\u${hex(char.charCodeAt(0), 4)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

/** Foreign bytes as text on one line: escaped, cut after `most` bytes, without a line end. */
export function printable(bytes: Uint8Array, most: number): string {
  const isCut = bytes.length > most;
  const text = new TextDecoder().decode(isCut ? bytes.subarray(0, most) : bytes);
  return escapeControls(isCut ? `${text}…` : text.replace(/\r?\n$/, ""));
}
