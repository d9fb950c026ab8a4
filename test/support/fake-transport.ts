import type { Route } from "../../src/net/address.ts";
import type { Ending } from "../../src/net/ending.ts";
import { VisitNotes } from "../../src/net/socket/visit-notes.ts";
import type { Transport } from "../../src/net/transport.ts";

/** A transport without a socket, which records the calls of a protocol. */
export class FakeTransport extends VisitNotes implements Transport {
  peer = { host: "192.0.2.1", port: 4321 };
  destination = { host: "192.0.2.2", port: 10_000 };
  /** Set by a test, to play a peer that reads slowly. */
  unsent = 0;
  /** The same, of what the kernel holds for it. */
  inKernel = 0;
  end: "close" | "abort" | undefined = undefined;
  ending: Ending | undefined = undefined;
  isOutputClosed = false;
  isPaused = false;
  readonly bytesIn = 0;
  /** Bugs that ended it. */
  readonly bugs: unknown[] = [];
  readonly #written: Uint8Array[] = [];

  get written(): string {
    return Buffer.concat(this.#written).toString();
  }

  /** How many times it was written to. */
  get writes(): number {
    return this.#written.length;
  }

  get bytesOut(): number {
    return this.#written.reduce((sum, { length }) => sum + length, 0);
  }

  get isReset(): boolean {
    return this.end === "abort";
  }

  introduce({ source, destination }: Route): void {
    [this.peer, this.destination] = [source, destination];
  }

  unread(): number {
    return this.inKernel;
  }

  sendAtOnce(): void {}

  write(bytes: Uint8Array): void {
    this.#written.push(bytes);
  }

  close(ending: Ending = "ok"): void {
    this.#finish("close", ending);
  }

  closeOutput(): void {
    this.isOutputClosed = true;
  }

  abort(ending: Ending): void {
    this.#finish("abort", ending);
  }

  fail(error: unknown): void {
    this.bugs.push(error);
    this.abort("internal");
  }

  pauseReading(): void {
    this.isPaused = true;
  }

  resumeReading(): void {
    this.isPaused = false;
  }

  #finish(end: "close" | "abort", ending: Ending): void {
    if (this.end === end || this.end === "abort") return;
    this.end = end;
    this.ending = ending;
  }
}
