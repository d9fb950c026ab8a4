import { escapeControls } from "../../protocols/printable.ts";

/** Control characters, except for line ends and tabs. */
const CONTROLS = /(?!\r\n)[^\P{Cc}\n\t]/gu;

/**
 * Makes bytes safe for a terminal, piece by piece: control characters are shown escaped, so that they have no effect.
 */
export class TerminalText {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** A carriage return at the end of a piece, which may be half of a line end. */
  #held = "";

  /** The text of the next piece, as UTF-8. */
  take(bytes: Uint8Array): Uint8Array {
    const text = this.#held + this.#decoder.decode(bytes, { stream: true });
    this.#held = text.endsWith("\r") ? "\r" : "";
    return shown(this.#held ? text.slice(0, -1) : text);
  }

  /** The rest, which was held back because of what might have followed. */
  end(): Uint8Array {
    const rest = this.#held + this.#decoder.decode();
    this.#held = "";
    return shown(rest);
  }
}

function shown(text: string): Uint8Array {
  return new TextEncoder().encode(text.replace(CONTROLS, escapeControls));
}
