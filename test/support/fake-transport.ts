import type { Transport } from "../../src/net/transport.ts";

/** A transport without a socket: remembers what a protocol asked of it. */
export class FakeTransport implements Transport {
  readonly peer = { host: "192.0.2.1", port: 4321 };
  /** Set by a test, to play a peer that reads slowly. */
  unsent = 0;
  end: "close" | "abort" | undefined = undefined;
  isOutputClosed = false;
  isPaused = false;
  readonly #written: Uint8Array[] = [];

  get written(): string {
    return Buffer.concat(this.#written).toString();
  }

  write(bytes: Uint8Array): void {
    this.#written.push(bytes);
  }

  close(): void {
    this.end ??= "close";
  }

  closeOutput(): void {
    this.isOutputClosed = true;
  }

  abort(): void {
    this.end ??= "abort";
  }

  pauseReading(): void {
    this.isPaused = true;
  }

  resumeReading(): void {
    this.isPaused = false;
  }
}
