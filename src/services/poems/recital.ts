import type { Clock, DelayedCall } from "../../time/clock.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import { sendWhole } from "../../protocols/one-shot.ts";

/** How fast a poem is recited. */
export interface Pace {
  /** Milliseconds between one piece and the next; 0 = all at once. */
  readonly delay: number;
  /** Bytes per piece. */
  readonly numBytes: number;
}

/** Sends a poem to one client: a piece, a pause, a piece, and so on; never faster than the client reads. */
export class Recital implements Protocol {
  readonly #transport: Transport;
  readonly #poem: Uint8Array;
  readonly #pace: Pace;
  readonly #clock: Clock;
  readonly #sentPiece: () => void;
  #sent = 0;
  #pause: DelayedCall | undefined = undefined;
  #isDue = false;

  /** @param sentPiece called after every piece, if there is a delay */
  constructor(
    transport: Transport,
    poem: Uint8Array,
    pace: Pace,
    clock: Clock,
    sentPiece: () => void = () => {},
  ) {
    this.#transport = transport;
    this.#poem = poem;
    this.#pace = pace;
    this.#clock = clock;
    this.#sentPiece = sentPiece;
  }

  /** Whether all of it was written; the client may not have read it. */
  get isOver(): boolean {
    return this.#pace.delay === 0 || this.#sent >= this.#poem.length;
  }

  /** Sends the first piece, or all of it. */
  begin(): void {
    if (this.#pace.delay === 0) sendWhole(this.#transport, this.#poem);
    else this.#sendPiece();
  }

  writable(): void {
    if (this.#isDue) this.#sendPiece();
  }

  connectionLost(): void {
    this.#pause?.cancel();
  }

  #sendPiece(): void {
    const { numBytes, delay } = this.#pace;
    this.#isDue = this.#transport.unsent > 0;
    if (this.#isDue) return; // `writable` continues.
    this.#transport.write(this.#poem.subarray(this.#sent, this.#sent + numBytes));
    this.#sent += numBytes;
    this.#sentPiece();
    if (this.#sent >= this.#poem.length) this.#transport.close();
    else this.#pause = this.#clock.callLater(delay, () => this.#sendPiece());
  }
}
