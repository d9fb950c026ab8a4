import type { CacheStatus } from "../../cache/cache.ts";
import { CancelledError, type Deferred, type Failure } from "../../deferred/mod.ts";
import { endingOf } from "../../net/ending.ts";
import type { EndsConnection } from "../../net/ending.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import { sendWhole } from "../../protocols/one-shot.ts";
import type { Clock } from "../../time/clock.ts";
import type { Observer } from "../observer.ts";
import type { VisitEvents } from "./events.ts";
import type { LiveAnswer } from "./live-answer.ts";
import type { LiveReader } from "./live-reader.ts";
import { IGNORES_INPUT, isOver, Waiting } from "./waiting.ts";

/** How a client is answered: from the cache, by a fetch it shares, or (`pass`) by one for it alone. */
export type VisitStatus = CacheStatus | "pass";

/** What a client is sent. */
export interface Sent {
  readonly value: { readonly bytes: Uint8Array; readonly fetch?: number };
  readonly status: VisitStatus;
}

/** How a client is going to be answered. */
export interface Answering {
  /** As far as it is known now. */
  readonly status: VisitStatus;
  readonly answer: Deferred<Sent>;
  /** The answer as it comes in, where clients read along. */
  readonly live?: LiveAnswer | undefined;
}

export interface AnsweringOptions {
  readonly clock: Clock;
  readonly observer: Observer<VisitEvents>;
}

/** Answers a client: at once if its answer is there, as soon as it comes, or as it comes in. */
export function answerClient(visit: Transport, answering: Answering, options: AnsweringOptions): Protocol {
  const { answer, live } = answering;
  visit.status = answering.status;
  if (isOver(answer)) {
    answer.addCallbacks(
      (sent) => send(visit, sent),
      (failure) => refuse(visit, failure),
    );
    failOnBug(answer, visit);
    return IGNORES_INPUT;
  }
  try {
    options.observer.waiting(visit);
  } catch (bug) {
    answer.cancel(); // The client is reset next: nobody waits.
    throw bug;
  }
  if (live?.isJoinable) return new ReadingAlong(visit, answer, live, options.clock);
  answer.addCallbacks(
    timed(visit, options.clock, (sent: Sent) => send(visit, sent)),
    (failure) => refuse(visit, failure),
  );
  failOnBug(answer, visit);
  return new Waiting(answer);
}

/** A client that gets its answer while it comes in. The LiveAnswer ends its connection. */
class ReadingAlong extends Waiting {
  readonly #live: LiveAnswer;
  readonly #reader: LiveReader;

  constructor(visit: Transport, answer: Deferred<Sent>, live: LiveAnswer, clock: Clock) {
    super(answer);
    this.#live = live;
    const ended = answer.addCallbacks(
      timed(visit, clock, ({ value }: Sent) => void (visit.fetch = value.fetch)),
      ({ value }) => void (visit.fetch = (value as Partial<EndsConnection>).fetch),
    );
    failOnBug(ended, visit);
    this.#reader = live.join(visit);
  }

  writable(): void {
    this.#reader.advance();
  }

  override connectionLost(): void {
    this.#live.leave(this.#reader);
    if (!this.#live.isOver) super.connectionLost(); // Else it was ended, and did not leave.
  }
}

function send(visit: Transport, { value, status }: Sent): void {
  visit.status = status;
  visit.fetch = value.fetch;
  sendWhole(visit, value.bytes);
}

function refuse(visit: Transport, failure: Failure): void {
  if (failure.check(CancelledError)) return; // The client has gone: there is nobody to tell.
  visit.fetch = (failure.value as Partial<EndsConnection>).fetch;
  visit.abort(endingOf(failure.value));
}

/** Resets a client when answering it throws; otherwise it would wait forever. */
function failOnBug(answered: Deferred, visit: Transport): void {
  answered.addErrback(({ value: error }) => visit.fail(error));
}

/** Notes how long the client has waited, and goes on. */
function timed<T>(visit: Transport, clock: Clock, next: (value: T) => void): (value: T) => void {
  const start = clock.now();
  return (value) => {
    visit.waitedMs = clock.now() - start;
    next(value);
  };
}
