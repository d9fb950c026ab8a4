import { Deferred, succeed } from "../../deferred/mod.ts";
import { describeSystemError } from "../../net/errors.ts";
import type { Transport } from "../../net/transport.ts";
import type { Reader } from "../../services/poems/poem-client.ts";
import { ClosedError, isOutputClosed } from "../print.ts";
import { TerminalText } from "./terminal-text.ts";

/** Where poems are printed to. */
export interface Output extends Reader {
  /**
   * Ends the output. Fires when everything has been written; fails with OutputError.
   *
   * @param isComplete whether all poems have arrived
   */
  finish(isComplete: boolean): Deferred<void>;
}

/** A poem could not be written. */
export class OutputError extends Error {
  override readonly name = "OutputError";
  /** The error code of the system: EPIPE if the reader has left. */
  readonly code: string | undefined;

  constructor(place: string, cause: Error) {
    super(`Cannot write to ${place}: ${describeSystemError(cause)}`, { cause });
    this.code = (cause as { code?: string }).code;
  }
}

/** Standard output: applies backpressure to the server, and reports every write error. */
export class StandardOutput implements Output {
  #pending = 0;
  #error: OutputError | undefined = undefined;
  #transport: Transport | undefined = undefined;
  #flushed: Deferred<void> | undefined = undefined;
  readonly #text: TerminalText | undefined;

  /** @param raw whether even a terminal gets the bytes unchanged; otherwise control characters are escaped there */
  constructor(raw: boolean) {
    this.#text = process.stdout.isTTY && !raw ? new TerminalText() : undefined;
    process.stdout.on("error", (error) => this.#fail(error));
    if (isOutputClosed()) this.#fail(new ClosedError());
  }

  /** Pauses `transport` whenever the reader falls behind. */
  setSource(transport: Transport): void {
    this.#transport = transport;
  }

  take(bytes: Uint8Array): void {
    this.#write(this.#text ? this.#text.take(bytes) : bytes);
  }

  finish(): Deferred<void> {
    if (this.#text && !this.#error) this.#write(this.#text.end());
    if (this.#pending === 0 && !this.#error) return succeed<void>(undefined);
    const flushed = new Deferred<void>();
    if (this.#error) flushed.errback(this.#error);
    else this.#flushed = flushed;
    return flushed;
  }

  #write(bytes: Uint8Array): void {
    if (this.#error) throw this.#error;
    if (bytes.length === 0) return;
    this.#pending++;
    const hasRoom = process.stdout.write(bytes, (error) => {
      this.#pending--;
      if (error) this.#fail(error);
      else if (this.#pending === 0) this.#allTaken();
    });
    if (!hasRoom) this.#transport?.pauseReading();
  }

  /** The reader has caught up. */
  #allTaken(): void {
    this.#transport?.resumeReading();
    this.#flushed?.callback();
    this.#flushed = undefined;
  }

  #fail(error: Error): void {
    if (this.#error) return;
    this.#error = new OutputError("standard output", error);
    this.#flushed?.errback(this.#error);
    this.#transport?.abort("client/wait/left"); // Nobody reads the rest.
  }
}
