import type { TLSSocket } from "node:tls";
import type { Route, TcpAddress } from "../address.ts";
import type { Ending } from "../ending.ts";
import { VisitNotes } from "../socket/visit-notes.ts";
import type { Transport } from "../transport.ts";
import type { Ciphertext } from "./ciphertext.ts";

/** Receives the events of a SecureTransport. */
interface Watcher {
  /** The kernel has accepted everything written, after some of it had to wait. */
  flowed(): void;
  /** Reading was resumed. */
  resumed(): void;
}

/** A Transport that encrypts its bytes and sends them over another one. */
export class SecureTransport extends VisitNotes implements Transport {
  readonly #raw: Transport;
  readonly #ciphertext: Ciphertext;
  readonly #session: TLSSocket;
  readonly #watcher: Watcher;
  #isPaused = false;
  #outputCloses = false;
  #isBehind = false;

  /** @param ciphertext the stream over `raw` that `session` uses */
  constructor(raw: Transport, ciphertext: Ciphertext, session: TLSSocket, watcher: Watcher) {
    super();
    this.#raw = raw;
    this.#ciphertext = ciphertext;
    this.#session = session;
    this.#watcher = watcher;
  }

  get peer(): TcpAddress {
    return this.#raw.peer;
  }

  get destination(): TcpAddress {
    return this.#raw.destination;
  }

  unread(): number | undefined {
    return this.#raw.unread();
  }

  introduce(route: Route): void {
    this.#raw.introduce(route);
  }

  get bytesOut(): number {
    return this.#raw.bytesOut;
  }

  get bytesIn(): number {
    return this.#raw.bytesIn;
  }

  get ending(): Ending | undefined {
    return this.#raw.ending;
  }

  get isReset(): boolean {
    return this.#raw.isReset;
  }

  get unsent(): number {
    return this.#session.writableLength + this.#ciphertext.writableLength;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  sendAtOnce(): void {
    this.#raw.sendAtOnce();
  }

  write(bytes: Uint8Array): void {
    if (this.#outputCloses || this.#session.writableEnded || this.#session.destroyed) return;
    this.#session.write(bytes, () => this.noteFlow());
    this.#isBehind ||= this.unsent > 0;
  }

  close(): void {
    this.closeOutput();
    this.#ciphertext.close();
  }

  closeOutput(): void {
    if (this.#outputCloses) return;
    this.#outputCloses = true;
    this.#session.end();
  }

  abort(ending: Ending): void {
    this.#raw.abort(ending);
  }

  fail(error: unknown): void {
    this.#raw.fail(error);
  }

  pauseReading(): void {
    this.#isPaused = true;
    this.#session.pause();
    this.#ciphertext.hold(true);
  }

  resumeReading(): void {
    this.#isPaused = false;
    this.#ciphertext.hold(false);
    this.#session.resume();
    this.#watcher.resumed();
  }

  /** Checks whether all waiting bytes have been sent. */
  noteFlow(): void {
    if (!this.#isBehind || this.unsent > 0) return;
    this.#isBehind = false;
    this.#watcher.flowed();
  }
}
