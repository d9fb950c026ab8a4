import ms from "ms";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import type { Ending } from "../../net/ending.ts";
import type { ConnectionLostError } from "../../net/errors.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Meter } from "../../protocols/buffers/meter.ts";
import { FrameError, type Frame, type FrameFault, type FrameReader } from "../../protocols/frame.ts";
import { FREE_REQUEST, type Budget } from "../budget.ts";

/** Why a request is not answered. */
export interface BadRequest {
  readonly ending: Ending;
  /** For the log, after "Reset X: ". */
  readonly detail: string;
}

/** What all clients of a service have in common. */
export interface AskingOptions {
  readonly clock: Clock;
  /** Accounts for long requests. */
  readonly budget: Budget;
  /** Makes the reader of one request. */
  readonly reader: (meter: Meter) => FrameReader;
  /** Milliseconds from the connection to the end of the request; 0 = no limit. */
  readonly requestTimeout: number;
  /** Called with a complete request; returns the protocol that answers it, which gets all further events. */
  readonly asked: (request: Frame, transport: Transport) => Protocol;
  /** Whether a long request is still needed after that: whoever answers tells the budget when it is garbage. Default: no. */
  readonly isNeeded?: (transport: Transport) => boolean;
  /** Whether to close the connection cleanly without an answer, which some protocols define as "no". Default: reset. */
  readonly declines?: (why: BadRequest) => boolean;
}

/** Milliseconds until a client that waits for memory is read again, if there is some then. */
const WAIT_MS = 20;

/** There is no memory for a request. */
class NoRoomError extends Error {
  /** @param bytes the memory that it would take */
  constructor(bytes: number) {
    super(`no memory for a request of ${bytes} bytes or more`);
  }
}

/** Reads the one request of a client, then hands the client over to the protocol that answers it. */
export class Asking implements Protocol, Meter {
  readonly #transport: Transport;
  readonly #options: AskingOptions;
  readonly #deadline: DelayedCall | undefined;
  /** Undefined once the request is complete or refused. */
  #reader: FrameReader | undefined;
  #answering: Protocol | undefined = undefined;
  #received = 0;
  /** Bytes taken from the budget. */
  #taken = 0;
  /** Reading is paused until there is memory. */
  #wait: DelayedCall | undefined = undefined;

  constructor(transport: Transport, options: AskingOptions) {
    const { clock, requestTimeout } = options;
    this.#transport = transport;
    this.#options = options;
    this.#reader = options.reader(this);
    if (requestTimeout > 0) this.#deadline = clock.callLater(requestTimeout, () => this.#expired());
  }

  /** Bytes after the request go to the answering protocol; most ignore them. */
  dataReceived(bytes: Uint8Array): void {
    if (!this.#reader) return this.#answering?.dataReceived?.(bytes);
    const before = this.#received;
    this.#received += bytes.length; // First: they may be freed.
    const request = this.#read((reader) => reader.take(bytes));
    const rest = request && bytes.subarray(request.bytes.length - before);
    if (rest && rest.length > 0) this.#answering?.dataReceived?.(rest);
  }

  /** The end may complete the request. The answering protocol hears only of an end after the request. */
  inputEnded(): void {
    if (this.#reader) this.#read((reader) => reader.end());
    else this.#answering?.inputEnded?.();
  }

  advanced(): void {
    this.#answering?.advanced?.();
  }

  writable(): void {
    this.#answering?.writable?.();
  }

  draining(): void {
    if (this.#reader)
      this.#refuse({ ending: "proxy/request/draining", detail: "shutting down before it sent a request" });
    else this.#answering?.draining?.();
  }

  connectionLost(error?: ConnectionLostError): void {
    this.#discard();
    this.#answering?.connectionLost?.(error);
  }

  /** The request, if it is complete. */
  #read(advance: (reader: FrameReader) => Frame | undefined): Frame | undefined {
    let request: Frame | undefined;
    try {
      request = advance(this.#reader as FrameReader);
    } catch (error) {
      if (error instanceof NoRoomError)
        this.#refuse({ ending: "proxy/request/memory", detail: error.message });
      else if (error instanceof FrameError)
        this.#refuse({ ending: ENDING_OF[error.fault], detail: `request ${error.message}` });
      else throw error;
    }
    if (!request) return undefined;
    this.#transport.request = shownOf(request.bytes);
    const counted = this.#taken;
    this.#taken = 0;
    this.#finish(); // First: the answering protocol may end the connection at once.
    if (counted === 0) {
      this.#answer(request);
    } else {
      const { budget, isNeeded } = this.#options;
      budget.handOver(counted, () => this.#answer(request));
      if (!isNeeded?.(this.#transport)) budget.discarded(counted);
    }
    return request;
  }

  #answer(request: Frame): void {
    this.#answering = this.#options.asked(request, this.#transport);
  }

  #expired(): void {
    const detail = `request incomplete after ${ms(this.#options.requestTimeout)}`;
    this.#refuse({ ending: "client/request/timeout", detail });
  }

  #refuse(why: BadRequest): void {
    this.#discard();
    const isDeclined = this.#options.declines?.(why) ?? false;
    refuse(this.#transport, why, isDeclined);
  }

  get inPlaceFrom(): number {
    return this.#options.budget.inPlaceFrom;
  }

  /** The reader takes `bytes` of memory now, or is about to. Throws NoRoomError if there is no memory. */
  takes(bytes: number): void {
    const counted = Math.max(0, bytes - FREE_REQUEST);
    if (counted === this.#taken) return;
    const { budget } = this.#options;
    if (counted > this.#taken && !budget.take(counted - this.#taken, this.#taken))
      throw new NoRoomError(bytes);
    if (counted < this.#taken) budget.give(this.#taken - counted);
    this.#taken = counted;
    if (counted > 0 && budget.isShort) this.#pause();
  }

  #pause(): void {
    if (this.#wait) return;
    const { clock, budget } = this.#options;
    this.#transport.pauseReading();
    const wait = () => {
      this.#wait = clock.callLater(WAIT_MS, () => (budget.isShort ? wait() : this.#resume()));
    };
    wait();
  }

  #resume(): void {
    this.#wait?.cancel();
    this.#wait = undefined;
    this.#transport.resumeReading();
  }

  /** There will be no request. */
  #discard(): void {
    const taken = this.#taken;
    this.#reader?.discard();
    this.#finish();
    this.#options.budget.discarded(taken);
  }

  #finish(): void {
    this.#reader = undefined;
    this.#deadline?.cancel();
    this.takes(0);
    if (this.#wait) this.#resume();
  }
}

/** Ends a client's connection without an answer: by a reset or, if declined, by a clean close. */
export function refuse(visit: Transport, { ending, detail }: BadRequest, isDeclined = false): void {
  visit.detail = detail;
  if (isDeclined) visit.close(ending);
  else visit.abort(ending);
}

const ENDING_OF = {
  too_long: "client/request/too_long",
  malformed: "client/request/malformed",
  incomplete: "client/request/incomplete",
} as const satisfies Record<FrameFault, Ending>;

/** Bytes of a request that are kept for the log. */
const SHOWN = 256;

/** The start of a request; a short one is not copied. */
function shownOf(request: Uint8Array): Uint8Array {
  return request.length <= SHOWN ? request : new Uint8Array(request.subarray(0, SHOWN)); // A Buffer's slice is no copy.
}
