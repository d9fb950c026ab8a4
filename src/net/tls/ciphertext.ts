import { Duplex } from "node:stream";
import type { Transport } from "../transport.ts";

type Done = (error?: Error | null) => void;

/**
 * A connection as the stream that node:tls works on. It never tells of the end of its input: whatever TLS takes for an end
 * was said in TLS.
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

  /** Bytes came. */
  received(bytes: Uint8Array): void {
    if (this.destroyed || this.push(bytes)) return;
    this.#isFull = true;
    this.#setPace();
  }

  /** The kernel has all that was written. */
  flowed(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  /** Whether nobody wants more for now. */
  hold(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#setPace();
  }

  /** The last word was said: when it is with the kernel, both sides may end. */
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
