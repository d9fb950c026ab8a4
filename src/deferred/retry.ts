import { pauseAfter, type Backoff } from "../time/backoff.ts";
import { plainClock } from "../time/clock.ts";
import { maybeDeferred } from "./adapt.ts";
import { requireFunction, requireLimit } from "./check.ts";
import type { Deferred } from "./deferred.ts";
import type { Outcome, ValueAfter } from "./outcome.ts";
import { CancelledError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { inlineCallbacks } from "./inline.ts";
import { later } from "./later.ts";
import type { TimeoutClock } from "./timeout.ts";

/**
 * How many times, and when, `retry` tries again.
 *
 * @example
 * const options: RetryOptions = { retries: 5, isWorthwhile: (failure) => failure.check(TimeoutError) !== undefined };
 */
export interface RetryOptions {
  /** How many attempts may follow the first: a whole number from 0, or Infinity; default: 3. */
  readonly retries?: number;
  /** How the pauses grow; default: from 20 ms, doubling, to 1 s, each shortened by up to a half at random. */
  readonly pauses?: Backoff;
  /** The machine's by default. */
  readonly clock?: TimeoutClock;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: () => number;
  /** Whether another attempt, after a pause of that many milliseconds, may succeed; default: always. */
  readonly isWorthwhile?: (failure: Failure, pause: number) => boolean;
  /** Called before each attempt but the first. */
  readonly retrying?: (attempt: number) => void;
}

const PAUSES: Backoff = { first: 20, longest: 1_000, spread: [0.5, 1] };

/**
 * Calls `attempt` until it succeeds, with the number of the attempt, from 1; fails with the last failure. A CancelledError
 * is never tried again. Cancelling ends the attempt or the pause.
 *
 * @throws {TypeError} if `attempt` is not a function
 * @throws {RangeError} if `retries` is neither a whole number from 0 nor Infinity
 * @example
 * retry(() => fetchPoem(address), { retries: 5 }).addTimeout(10_000);
 */
export function retry<T>(
  attempt: (number: number) => Outcome<T>,
  { retries = 3, pauses = PAUSES, clock = plainClock, random, isWorthwhile, retrying }: RetryOptions = {},
): Deferred<ValueAfter<T>> {
  requireFunction("retry", attempt);
  requireLimit("retries", retries, 0);
  // A loop, so that endless attempts need no memory.
  return inlineCallbacks(function* (): Generator<Deferred, unknown> {
    for (let number = 1; ; number++) {
      const [outcome] = (yield maybeDeferred(attempt, number).addBoth((result) => [result])) as [unknown];
      if (!(outcome instanceof Failure) || number > retries || outcome.check(CancelledError)) return outcome;
      const pause = pauseAfter(number, pauses, random);
      if (isWorthwhile?.(outcome, pause) === false) return outcome;
      yield later(pause, clock);
      retrying?.(number + 1);
    }
  })() as Deferred<ValueAfter<T>>;
}
