import { escapeControls } from "../../protocols/printable.ts";

/** Everything that drives a terminal; not the ends of lines, nor tabs. */
const CONTROLS = /(?!\r\n)[^\P{Cc}\n\t]/gu;

/** Makes text of bytes, piece by piece, for a terminal: controls are shown, not obeyed. */
export class TerminalText {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** A carriage return at the end of a piece: it may be half of the end of a line. */
  #held = "";

  take(bytes: Uint8Array): Uint8Array {
    const text = this.#held + this.#decoder.decode(bytes, { stream: true });
    this.#held = text.endsWith("\r") ? "\r" : "";
    return shown(this.#held ? text.slice(0, -1) : text);
  }

  /** What was held back for what might follow. */
  end(): Uint8Array {
    const rest = this.#held + this.#decoder.decode();
    this.#held = "";
    return shown(rest);
  }
}

function shown(text: string): Uint8Array {
  return new TextEncoder().encode(text.replace(CONTROLS, escapeControls));
}
