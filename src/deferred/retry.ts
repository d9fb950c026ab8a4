import { pauseAfter, type Backoff } from "../time/backoff.ts";
import type { Deferred } from "./deferred.ts";
import { CancelledError } from "./errors.ts";
import type { Failure } from "./failure.ts";
import { later } from "./later.ts";
import type { TimeoutClock } from "./timeout.ts";

export interface RetryOptions {
  /** How many attempts may follow the first. */
  readonly retries: number;
  readonly clock: TimeoutClock;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: () => number;
  /** Whether another attempt, after a pause of so many milliseconds, could end otherwise. */
  readonly isWorthwhile: (failure: Failure, pause: number) => boolean;
  /** Told before each attempt but the first. */
  readonly retrying?: (attempt: number) => void;
}

/** Short, because clients wait. */
const BACKOFF: Backoff = { first: 20, longest: 1_000, spread: [0.5, 1] };

/** Calls `attempt` until it succeeds, and fails with the last failure. Cancelling ends the attempt or the pause. */
export function retry<T>(attempt: () => Deferred<T>, options: RetryOptions): Deferred<T> {
  const { retries, clock, random, isWorthwhile, retrying } = options;
  return attemptNumber(1);

  function attemptNumber(number: number): Deferred<T> {
    return attempt().addErrback((failure) => {
      if (number > retries || failure.check(CancelledError)) return failure;
      const pause = pauseAfter(number, BACKOFF, random);
      if (!isWorthwhile(failure, pause)) return failure;
      return later(pause, clock).addCallback(() => {
        retrying?.(number + 1);
        return attemptNumber(number + 1);
      });
    });
  }
}
