import { escapeControls } from "../../protocols/printable.ts";

/** Control characters and sequences, except for line ends and tabs. */
const CONTROLS = /(?!\r\n)[^\P{Cc}\n\t]/gu;

/** Converts bytes to text for a terminal, piece by piece: control characters are shown instead of obeyed. */
export class TerminalText {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** A carriage return at the end of a piece: it may be half of a line end. */
  #held = "";

  take(bytes: Uint8Array): Uint8Array {
    const text = this.#held + this.#decoder.decode(bytes, { stream: true });
    this.#held = text.endsWith("\r") ? "\r" : "";
    return shown(this.#held ? text.slice(0, -1) : text);
  }

  /** The bytes held back because of what might follow. */
  end(): Uint8Array {
    const rest = this.#held + this.#decoder.decode();
    this.#held = "";
    return shown(rest);
  }
}

function shown(text: string): Uint8Array {
  return new TextEncoder().encode(text.replace(CONTROLS, escapeControls));
}
