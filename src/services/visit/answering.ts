import type { CacheStatus } from "../../cache/lookup.ts";
import type { Kept } from "../../cache/memory-store.ts";
import { CancelledError, type Deferred, type Failure } from "../../deferred/mod.ts";
import { endingOf } from "../../net/ending.ts";
import type { EndsConnection } from "../../net/ending.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Clock } from "../../time/clock.ts";
import type { Observer } from "../observer.ts";
import type { Unread } from "../unread.ts";
import type { VisitEvents } from "./events.ts";
import type { LiveAnswer } from "./live-answer.ts";
import type { LiveReader } from "./live-reader.ts";
import { afterSending, AwaitingAnswer, Reading, sendAnswer } from "./sending.ts";
import { isOver } from "./waiting.ts";

/** How a client is answered: from the cache, by a fetch it shares, or (`pass`) by one for it alone. */
export type VisitStatus = CacheStatus | "pass";

/** The answer that is sent to a client. */
export interface Sent {
  readonly value: Kept & { readonly bytes: Uint8Array; readonly fetch?: number };
  readonly status: VisitStatus;
  /** Milliseconds since the value was stored. */
  readonly age?: number;
}

/** How a client is going to be answered. */
export interface Answering {
  /** As far as known yet. */
  readonly status: VisitStatus;
  /** The answer, if it is available as a plain value. */
  readonly found?: Sent | undefined;
  readonly answer: Deferred<Sent>;
  /** The answer as it arrives, if clients stream it. */
  readonly live?: LiveAnswer | undefined;
}

/** Options of answerClient(). */
export interface AnsweringOptions {
  readonly clock: Clock;
  /** Tracks the bytes that clients have not read. */
  readonly unread: Unread;
  readonly observer: Observer<VisitEvents>;
}

/** Answers a client: at once if the answer is available, otherwise when it is complete or, streamed, as it arrives. */
export function answerClient(visit: Transport, answering: Answering, options: AnsweringOptions): Protocol {
  const { found } = answering;
  const { clock, unread } = options;
  if (found) {
    send(visit, found, unread); // Without callbacks, which would cost as much as the look-up.
    return afterSending(visit, unread);
  }
  const { answer, live, status } = answering;
  visit.status = status;
  if (isOver(answer)) {
    answer.addCallbacks(
      (sent) => send(visit, sent, unread),
      (failure) => refuse(visit, failure),
    );
    failOnBug(answer, visit);
    return afterSending(visit, unread);
  }
  try {
    options.observer.waiting(visit);
  } catch (bug) {
    answer.cancel(); // The client is reset next, so nobody waits for it.
    throw bug;
  }
  if (live?.isJoinable) return new ReadingAlong(visit, answer, live, options);
  answer.addCallbacks(
    timed(visit, clock, (sent: Sent) => send(visit, sent, unread)),
    (failure) => refuse(visit, failure),
  );
  failOnBug(answer, visit);
  return new AwaitingAnswer(visit, unread, answer);
}

/** A client to which the answer is streamed. The LiveAnswer ends its connection. */
class ReadingAlong extends Reading {
  readonly #answer: Deferred<Sent>;
  readonly #live: LiveAnswer;
  readonly #reader: LiveReader;

  constructor(
    visit: Transport,
    answer: Deferred<Sent>,
    live: LiveAnswer,
    { clock, unread }: AnsweringOptions,
  ) {
    super(visit, unread);
    this.#answer = answer;
    this.#live = live;
    // While the answer arrives the fetch accounts for its memory; afterwards the clients that are behind do.
    const ended = answer.addCallbacks(
      timed(visit, clock, ({ value }: Sent) => {
        visit.fetch = value.fetch;
        this.#holdRest(value, value.bytes.byteLength);
      }),
      ({ value }) => {
        visit.fetch = (value as Partial<EndsConnection>).fetch;
        this.#holdRest(live, live.size); // It was too long to keep, or failed.
      },
    );
    failOnBug(ended, visit);
    this.#reader = live.join(visit);
  }

  override writable(): void {
    this.#reader.advance();
    if (this.client.unsent > 0) super.advanced();
    else super.writable();
  }

  override connectionLost(): void {
    super.connectionLost();
    this.#live.leave(this.#reader);
    if (!this.#live.isOver && !isOver(this.#answer)) this.#answer.cancel(); // Else we ended it.
  }

  #holdRest(answer: Kept, bytes: number): void {
    if (this.client.unsent > 0) this.unread.hold(this.client, answer, bytes);
  }
}

function send(visit: Transport, { value, status, age }: Sent, unread: Unread): void {
  visit.status = status;
  visit.age = age;
  visit.fetch = value.fetch;
  sendAnswer(visit, value, value.bytes, unread);
}

function refuse(visit: Transport, failure: Failure): void {
  if (failure.check(CancelledError)) return; // The client has left.
  visit.fetch = (failure.value as Partial<EndsConnection>).fetch;
  visit.abort(endingOf(failure.value));
}

/** Resets a client when answering it throws; otherwise it would wait forever. */
function failOnBug(answered: Deferred, visit: Transport): void {
  answered.addErrback(({ value: error }) => visit.fail(error));
}

/** Wraps `next`: first sets how long the client has waited. */
function timed<T>(visit: Transport, clock: Clock, next: (value: T) => void): (value: T) => void {
  const start = clock.now();
  return (value) => {
    visit.waitedMs = clock.now() - start;
    next(value);
  };
}
