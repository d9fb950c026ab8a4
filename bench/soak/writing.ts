import type { Socket } from "bun";

/** What follows the last byte. */
export type Ending = "close" | "half-close" | "reset" | "stay";

/** An answer that the unreliable upstream is sending. */
export class Writing {
  /** Whether the request has arrived. */
  isAsked = false;
  readonly #socket: Socket<Writing>;
  #left: Uint8Array = new Uint8Array(0);
  #ending: Ending = "stay";
  #hasEnded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: Socket<Writing>) {
    this.#socket = socket;
  }

  send(bytes: Uint8Array, ending: Ending): void {
    this.#left = bytes;
    this.#ending = ending;
    this.writable();
  }

  /** Sends `bytes` in that many pieces, with short pauses. */
  trickle(bytes: Uint8Array, pieces: number): void {
    const size = Math.ceil(bytes.length / pieces);
    const next = (from: number): void => {
      if (from + size >= bytes.length) return this.send(bytes.subarray(from), "close");
      this.send(bytes.subarray(from, from + size), "stay");
      // What the kernel did not accept goes first.
      this.later(15, () => next(from + size - this.#left.length));
    };
    next(0);
  }

  later(ms: number, then: () => void): void {
    this.#timer = setTimeout(then, ms);
  }

  /** Continues when the socket is writable. */
  writable(): void {
    if (this.#left.length > 0) {
      const taken = this.#socket.write(this.#left);
      if (taken < 0) return; // After a reset `close` follows.
      this.#left = this.#left.subarray(taken);
      if (this.#left.length > 0) return;
    }
    if (this.#ending === "reset") this.#socket.terminate();
    if (this.#ending === "close") this.#socket.end();
    if (this.#ending === "half-close") {
      this.#socket.shutdown();
      this.#hasEnded = true;
    }
    this.#ending = "stay";
  }

  /** The proxy has half-closed: after its request, or after the answer. */
  inputEnded(): void {
    if (this.#hasEnded) this.#socket.end(); // Earlier, that would end half an answer cleanly.
  }

  lost(): void {
    clearTimeout(this.#timer);
  }
}
