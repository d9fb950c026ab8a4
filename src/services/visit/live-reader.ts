import type { Ending } from "../../net/ending.ts";
import type { Transport } from "../../net/transport.ts";

/** What a reader needs of the answer. */
interface Readable {
  /** Why all readers are reset at once, if they are. */
  readonly failure: Ending | undefined;
  /** The bytes from `position` on; after the last byte, how it ended; undefined if more is to come. */
  after(position: number): Uint8Array | Ending | undefined;
  /** A reader advanced from one position to another. */
  advanced(from: number, to: number): void;
  leave(reader: LiveReader): void;
}

/** One client to which an answer is streamed. */
export class LiveReader {
  readonly #transport: Transport;
  readonly #answer: Readable;
  #position = 0;

  constructor(transport: Transport, answer: Readable) {
    this.#transport = transport;
    this.#answer = answer;
  }

  /** Bytes written so far. */
  get position(): number {
    return this.#position;
  }

  /** Writes available bytes while the kernel accepts them; ends the connection after the last byte. */
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
      this.#end(failure); // Even if there are unsent bytes.
    else if (this.#position > before) this.#answer.advanced(before, this.#position);
  }

  #end(ending: Ending): void {
    this.#answer.leave(this);
    if (ending === "ok") this.#transport.close();
    else this.#transport.abort(ending);
  }
}
