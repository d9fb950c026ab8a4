const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Braces; brackets are braces without this bit. */
const OPENING = 0x7b;
const CLOSING = 0x7d;
const BRACE_BIT = 0x20;

/**
 * Follows one JSON text as it arrives. The text is complete once its outermost object or array has been closed and only
 * blanks follow. Only brackets and strings are examined, which suffices to notice any truncation.
 */
export class JsonScan {
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #hasBegun = false;
  #isBroken = false;

  /** Takes the next bytes. */
  take(bytes: Uint8Array): this {
    // Local variables: fields would be ten times as slow, and an answer may have 64 MiB.
    let depth = this.#depth;
    let inString = this.#inString;
    let isEscaped = this.#isEscaped;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) inString = false;
      } else if ((byte | BRACE_BIT) === OPENING) {
        if (depth === 0) this.#begin();
        depth++;
      } else if (depth === 0) {
        if (!isBlank(byte)) this.#isBroken = true;
      } else if (byte === QUOTE) inString = true;
      else if ((byte | BRACE_BIT) === CLOSING) depth--;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#isEscaped = isEscaped;
    return this;
  }

  /** Whether the text is complete, with nothing but blanks around it. */
  get isWhole(): boolean {
    return this.#hasBegun && this.#depth === 0 && !this.#isBroken;
  }

  /** Begins an object or array at the outermost level; a second one there is an error. */
  #begin(): void {
    this.#isBroken ||= this.#hasBegun;
    this.#hasBegun = true;
  }
}

/** Whether `bytes` are one complete JSON object or array. */
export function isWholeJson(bytes: Uint8Array): boolean {
  return new JsonScan().take(bytes).isWhole;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
