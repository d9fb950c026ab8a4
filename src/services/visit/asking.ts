import ms from "ms";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import type { ConnectionLostError } from "../../net/errors.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import { FrameError, type Frame, type FrameFault, type FrameReader } from "../../protocols/frame.ts";

/** Why a client was not let ask. */
export interface BadRequest {
  readonly reason: FrameFault | "timeout" | "not_allowed" | "unknown" | "draining";
  /** For people. */
  readonly detail: string;
}

/** What is the same for all clients of a service. */
export interface AskingOptions {
  readonly clock: Clock;
  /** Milliseconds from the connection to the end of the request; 0 = no limit. */
  readonly requestTimeout: number;
  /** The request is there. Gives the protocol that answers it, which is told of everything that happens from then on. */
  readonly asked: (request: Frame, transport: Transport) => Protocol;
  /** There will be no request; the client is reset next, or declined. */
  readonly refused: (why: BadRequest, transport: Transport) => void;
  /** Whether the client is ended in order, without an answer, where its protocol has that for a "no". Default: never. */
  readonly declines?: (why: BadRequest) => boolean;
}

/** A client that has yet to ask: collects its one request, and hands over to whoever answers it. */
export class Asking implements Protocol {
  readonly #transport: Transport;
  readonly #options: AskingOptions;
  readonly #deadline: DelayedCall | undefined;
  /** Absent once the request is complete, or will never be. */
  #reader: FrameReader | undefined;
  #answering: Protocol | undefined = undefined;

  constructor(transport: Transport, reader: FrameReader, options: AskingOptions) {
    const { clock, requestTimeout } = options;
    this.#transport = transport;
    this.#options = options;
    this.#reader = reader;
    if (requestTimeout > 0) this.#deadline = clock.callLater(requestTimeout, () => this.#expired());
  }

  /** What follows the request is thrown away. */
  dataReceived(bytes: Uint8Array): void {
    if (this.#reader) this.#read((reader) => reader.take(bytes));
  }

  /** It may complete the request; who answers is told only of an end that comes after it. */
  inputEnded(): void {
    if (this.#reader) this.#read((reader) => reader.end());
    else this.#answering?.inputEnded();
  }

  writable(): void {
    this.#answering?.writable?.();
  }

  draining(): void {
    if (this.#reader) this.#refuse({ reason: "draining", detail: "none came before the end of the service" });
    else this.#answering?.draining?.();
  }

  connectionLost(error?: ConnectionLostError): void {
    this.#finish();
    this.#answering?.connectionLost(error);
  }

  #read(advance: (reader: FrameReader) => Frame | undefined): void {
    let request: Frame | undefined;
    try {
      request = advance(this.#reader as FrameReader);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return this.#refuse({ reason: error.fault, detail: error.message });
    }
    if (!request) return;
    this.#finish(); // First: who answers may end the connection at once.
    this.#answering = this.#options.asked(request, this.#transport);
  }

  #expired(): void {
    this.#refuse({ reason: "timeout", detail: `not complete within ${ms(this.#options.requestTimeout)}` });
  }

  #refuse(why: BadRequest): void {
    this.#finish();
    const { refused, declines } = this.#options;
    refused(why, this.#transport); // First: its address is gone with the connection.
    if (declines?.(why)) this.#transport.close();
    else this.#transport.abort();
  }

  #finish(): void {
    this.#reader = undefined;
    this.#deadline?.cancel();
  }
}
