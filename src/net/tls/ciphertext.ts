import { Duplex } from "node:stream";
import type { Transport } from "../transport.ts";

type Done = (error?: Error | null) => void;

/**
 * A connection as a stream for node:tls. It never reports the end of its input, so any end that TLS reports must be a
 * close_notify.
 */
export class Ciphertext extends Duplex {
  readonly #raw: Transport;
  #isFull = false;
  #isPaused = false;
  #isOver = false;
  #isFinal = false;
  #written: Done | undefined = undefined;

  constructor(raw: Transport) {
    super();
    this.#raw = raw;
  }

  /** Bytes arrived. */
  received(bytes: Uint8Array): void {
    if (this.destroyed || this.push(bytes)) return;
    this.#isFull = true;
    this.#setPace();
  }

  /** The kernel has accepted everything written. */
  flowed(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  /** Pauses or resumes reading. */
  hold(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#setPace();
  }

  /** Closes the connection once the last bytes have been written. */
  close(): void {
    this.#isOver = true;
    if (this.#isFinal) this.#raw.close();
  }

  override _read(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#setPace();
  }

  override _write(bytes: Uint8Array, _encoding: string, done: Done): void {
    this.#raw.write(bytes);
    if (this.#raw.unsent === 0) done();
    else this.#written = done;
  }

  override _final(done: Done): void {
    this.#isFinal = true;
    if (this.#isOver) this.#raw.close();
    else this.#raw.closeOutput();
    done();
  }

  #setPace(): void {
    if (this.#isFull || this.#isPaused) this.#raw.pauseReading();
    else this.#raw.resumeReading();
  }
}
