import { CancelledError, Deferred } from "../deferred/mod.ts";
import type { ConnectionLostError } from "../net/errors.ts";
import type { Protocol, Transport } from "../net/transport.ts";
import { Blocks } from "./buffers/blocks.ts";
import { free } from "./buffers/free.ts";
import { GrowingBytes } from "./buffers/growing-bytes.ts";
import type { Meter } from "./buffers/meter.ts";
import { ALERT_BYTES, beginsWithTlsAlert } from "./peers/tls-alert.ts";

/** Receives an answer as it arrives. */
export interface Sink<R> {
  /** Takes the next bytes; if it throws, the answer fails. */
  take(bytes: Uint8Array): void;
  /** The answer is complete; returns the result. */
  end(): R;
  /** The answer is cut short: frees what it has taken. */
  drop?(): void;
}

/** The answer was cut short after `received` bytes. */
export class TruncatedError extends Error {
  override readonly name = "TruncatedError";

  constructor(
    readonly received: number,
    detail: string,
    cause?: Error,
  ) {
    super(detail, { cause });
  }
}

/** The answer is longer than allowed. */
export class TooLongError extends Error {
  override readonly name = "TooLongError";

  /** @param limit in bytes */
  constructor(readonly limit: number) {
    super(`answer longer than ${limit} bytes`);
  }
}

/**
 * The client side of a one-shot service: the answer is every byte until the server closes cleanly. Fires `answer` with
 * the result of the sink; fails with TruncatedError after any other end, or with whatever the sink threw.
 */
export class OneShotReader<R> implements Protocol {
  /** Cancelling resets the connection. */
  readonly answer = new Deferred<R>(() => this.fail(new CancelledError()));
  /** Absent after the end: it would keep the answer alive until the connection is gone. */
  #sink: Sink<R> | undefined;
  readonly #heard: () => void;
  #transport: Transport | undefined = undefined;
  #received = 0;
  #beganWithAlert = false;

  /** @param heard called whenever bytes arrive */
  constructor(sink: Sink<R>, heard: () => void = () => {}) {
    this.#sink = sink;
    this.#heard = heard;
  }

  /** Bytes received so far. */
  get received(): number {
    return this.#received;
  }

  /** Whether the whole answer is a TLS alert: the server expects TLS. */
  get isTlsAlert(): boolean {
    return this.#beganWithAlert && this.#received === ALERT_BYTES;
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }

  dataReceived(bytes: Uint8Array): void {
    if (this.answer.called) return;
    if (this.#received === 0) this.#beganWithAlert = beginsWithTlsAlert(bytes);
    this.#received += bytes.length;
    this.#heard();
    try {
      this.#sink?.take(bytes);
    } catch (error) {
      this.fail(error);
    }
  }

  inputEnded(): void {
    const sink = this.#sink;
    if (this.answer.called || !sink) return;
    this.#sink = undefined;
    try {
      this.answer.callback(sink.end());
    } catch (error) {
      this.answer.errback(error);
    }
    // A server that has closed will never read the rest of our request.
    if (this.#transport && this.#transport.unsent > 0) this.#transport.abort("upstream/data/reset");
    else this.#transport?.close();
  }

  /** Gives up: resets the connection, and `answer` fails with `error`. */
  fail(error: unknown): void {
    if (this.answer.called) return;
    this.#dropSink();
    this.answer.errback(error); // First: the reset calls connectionLost, which would fail it with another error.
    this.#transport?.abort("proxy/fetch/cancelled");
  }

  connectionLost(error?: ConnectionLostError): void {
    if (this.answer.called) return;
    this.#dropSink();
    this.answer.errback(new TruncatedError(this.#received, error?.message ?? "connection lost", error));
  }

  #dropSink(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.drop?.();
  }
}

/** Collects the answer in one array of at most `limit` bytes; fails with TooLongError as soon as it is longer. */
export function collect(limit: number, meter?: Meter): Sink<Uint8Array> {
  const answer = new Blocks(meter, limit);
  return {
    take(bytes) {
      if (answer.end + bytes.length > limit) throw new TooLongError(limit);
      answer.add(bytes);
    },
    end: () => answer.whole(),
  };
}

/** The same for pieces that nobody else refers to: each is freed as soon as possible. */
export function collectOwn(limit: number, meter?: Meter): Sink<Uint8Array> {
  const answer = new GrowingBytes(limit, meter);
  return {
    take(bytes) {
      if (answer.length + bytes.length > limit) throw new TooLongError(limit);
      if (bytes.length > 0 && answer.append(bytes)) free(bytes);
    },
    end: () => answer.exact(),
    drop: () => answer.clear(),
  };
}

/** The server side: sends the complete answer and closes. */
export function sendWhole(transport: Transport, answer: Uint8Array): void {
  transport.write(answer);
  transport.close();
}
