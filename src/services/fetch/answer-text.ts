import { toLatin1 } from "../../protocols/bytes.ts";

/** Bytes of an answer that patterns see unless set otherwise. */
export const DEFAULT_PATTERN_LIMIT = 262_144;

/** Stands for the bytes left out. No byte maps to this character. */
const ELLIPSIS = "\u2026";

/** An answer as patterns see it: converted to text once, and only if a pattern needs it. */
export class AnswerText {
  readonly #limit: number;
  #text: string | undefined = undefined;

  /** @param limit bytes that `text` covers; of a longer answer, half from its start and half from its end */
  constructor(
    readonly bytes: Uint8Array,
    limit: number = DEFAULT_PATTERN_LIMIT,
  ) {
    this.#limit = limit;
  }

  /** One character per byte. */
  get text(): string {
    return (this.#text ??= this.#make());
  }

  #make(): string {
    const { bytes } = this;
    if (bytes.length <= this.#limit) return toLatin1(bytes);
    const first = Math.ceil(this.#limit / 2);
    const last = bytes.subarray(bytes.length - (this.#limit - first));
    return toLatin1(bytes.subarray(0, first)) + ELLIPSIS + toLatin1(last);
  }
}
