import { Duplex } from "node:stream";
import type { Transport } from "../transport.ts";

type Done = (error?: Error | null) => void;

/**
 * A connection as the stream that node:tls works on. It never reports the end of its input, so that any end that TLS
 * reports was a close_notify.
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

  /** The kernel has everything written. */
  flowed(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  /** Whether the reader wants no more for now. */
  hold(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#setPace();
  }

  /** The last bytes were written: once the kernel has them, both sides may end. */
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
