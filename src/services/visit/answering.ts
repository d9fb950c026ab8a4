import { CancelledError, type Deferred, type Failure } from "../../deferred/mod.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import { sendWhole } from "../../protocols/one-shot.ts";
import type { LiveAnswer, LiveReader } from "./live-answer.ts";
import type { Answered, Observer } from "../service.ts";
import { FetchError } from "../fetch/trip.ts";

/** How a client is answered. */
export interface Answering {
  /** It may change once, to `stale`, before `value` fires. */
  readonly answer: Answered;
  readonly value: Deferred<Uint8Array>;
  /** The answer as it comes in, where clients read along. */
  readonly live?: LiveAnswer | undefined;
}

/** Answers a client: at once if its answer is there, as soon as it comes, or as it comes in. */
export function answerClient(transport: Transport, answering: Answering, observer: Observer): Protocol {
  const { answer, value, live } = answering;
  try {
    observer({ what: answer, client: transport });
  } catch (bug) {
    value.cancel(); // The client is reset next: nobody waits.
    throw bug;
  }
  if (live?.isJoinable && !isOver(value)) return new ReadingAlong(transport, value, live, observer);
  const answered = value.addCallbacks(
    (poem) => {
      if (answering.answer !== answer) observer({ what: answering.answer, client: transport }); // Stale after all.
      sendWhole(transport, poem);
    },
    (failure) => {
      if (isCancelled(failure)) return;
      observer({ what: "refused", client: transport });
      transport.abort();
    },
  );
  endOnBug(answered, transport, observer);
  return isOver(value) ? IGNORANCE : new Waiting(transport, value, observer);
}

/** What a client says is thrown away; if it ends its own side, it still gets its answer. */
export const IGNORANCE: Protocol = { dataReceived() {}, inputEnded() {}, connectionLost() {} };

/** A client that waits for a fetch: if it goes, its place among the waiters goes too. */
class Waiting implements Protocol {
  readonly #transport: Transport;
  readonly #value: Deferred;
  readonly #observer: Observer;

  constructor(transport: Transport, value: Deferred, observer: Observer) {
    this.#transport = transport;
    this.#value = value;
    this.#observer = observer;
  }

  dataReceived(): void {}

  inputEnded(): void {}

  connectionLost(): void {
    if (isOver(this.#value)) return;
    this.#value.cancel();
    this.#observer({ what: "left", client: this.#transport });
  }
}

/** A client that gets its answer while it comes in. How that ends, the live answer tells it. */
class ReadingAlong extends Waiting {
  readonly #live: LiveAnswer;
  readonly #reader: LiveReader;

  constructor(transport: Transport, value: Deferred<Uint8Array>, live: LiveAnswer, observer: Observer) {
    super(transport, value, observer);
    this.#live = live;
    this.#reader = live.join(transport);
    const ended = value.addErrback((failure) => {
      if (live.hasFailed && !isCancelled(failure)) observer({ what: "refused", client: transport });
    });
    endOnBug(ended, transport, observer);
  }

  writable(): void {
    this.#reader.advance();
  }

  override connectionLost(): void {
    this.#live.leave(this.#reader);
    if (!this.#live.isOver) super.connectionLost(); // Else it was ended, and did not leave.
  }
}

/** Resets a client over a bug of ours in answering it: it would wait for ever. */
function endOnBug(answered: Deferred, transport: Transport, observer: Observer): void {
  answered.addErrback(({ value: error }) => {
    transport.abort();
    observer({ what: "bug", error });
  });
}

/** Whether an answer has come, or will not: one that has fired may wait for another Deferred. */
function isOver({ called, paused }: Deferred): boolean {
  return called && paused === 0;
}

/** The client has gone: there is nobody to tell. */
function isCancelled({ value }: Failure): boolean {
  return value instanceof CancelledError || (value instanceof FetchError && value.reason === "cancelled");
}
