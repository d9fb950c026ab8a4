import type { Ending } from "../../net/ending.ts";
import type { Transport } from "../../net/transport.ts";

/** What a reader needs from the answer that it reads. */
interface Readable {
  /** Why readers are reset at once, whatever they have. */
  readonly failure: Ending | undefined;
  /** What follows that position, as far as it lies in one piece; how it ends, after the last byte; nothing, if more is to come. */
  after(position: number): Uint8Array | Ending | undefined;
  /** A reader moved on. */
  advanced(from: number, to: number): void;
  leave(reader: LiveReader): void;
}

/** One client that reads along. */
export class LiveReader {
  readonly #transport: Transport;
  readonly #answer: Readable;
  #position = 0;

  constructor(transport: Transport, answer: Readable) {
    this.#transport = transport;
    this.#answer = answer;
  }

  /** Bytes that were written for it. */
  get position(): number {
    return this.#position;
  }

  /** Writes what is there, as long as the client takes it; ends the connection after the last byte. */
  advance(): void {
    const before = this.#position;
    while (this.#transport.unsent === 0) {
      const next = this.#answer.after(this.#position);
      if (next === undefined) break;
      if (typeof next === "string") return this.#end(next);
      this.#transport.write(next);
      this.#position += next.length;
    }
    const { failure } = this.#answer;
    if (failure)
      this.#end(failure); // Whatever is still unsent.
    else if (this.#position > before) this.#answer.advanced(before, this.#position);
  }

  #end(ending: Ending): void {
    this.#answer.leave(this);
    if (ending === "ok") this.#transport.close();
    else this.#transport.abort(ending);
  }
}
