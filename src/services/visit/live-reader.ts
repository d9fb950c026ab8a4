import type { Ending } from "../../net/ending.ts";
import type { Transport } from "../../net/transport.ts";

/** What a reader needs from the answer that it reads. */
interface Pieces {
  /** Why readers are reset at once, whatever they have. */
  readonly failure: Ending | undefined;
  /** The piece with that number; how it ends, if there is none any more; nothing, if it is still to come. */
  pieceAt(index: number): Uint8Array | Ending | undefined;
  /** A reader moved past piece `from`. */
  advanced(from: number): void;
  leave(reader: LiveReader): void;
}

/** One client that reads along. */
export class LiveReader {
  readonly #transport: Transport;
  readonly #answer: Pieces;
  /** The number of the next piece. */
  #next = 0;

  constructor(transport: Transport, answer: Pieces) {
    this.#transport = transport;
    this.#answer = answer;
  }

  get position(): number {
    return this.#next;
  }

  /** Writes what is there, as long as the client takes it; ends the connection behind the last piece. */
  advance(): void {
    const before = this.#next;
    while (this.#transport.unsent === 0) {
      const piece = this.#answer.pieceAt(this.#next);
      if (piece === undefined) break;
      if (typeof piece === "string") return this.#end(piece);
      this.#transport.write(piece);
      this.#next++;
    }
    const { failure } = this.#answer;
    if (failure)
      this.#end(failure); // Whatever is still unsent.
    else if (this.#next > before) this.#answer.advanced(before);
  }

  #end(ending: Ending): void {
    this.#answer.leave(this);
    if (ending === "ok") this.#transport.close();
    else this.#transport.abort(ending);
  }
}
