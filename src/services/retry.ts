import type { Clock } from "../clock.ts";
import { CancelledError, Deferred, type Failure } from "../deferred/mod.ts";

export interface RetryOptions {
  /** How many attempts may follow the first. */
  readonly retries: number;
  readonly clock: Clock;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: () => number;
  /** Whether another attempt, after a pause of so many milliseconds, could end otherwise. */
  readonly isWorthwhile: (failure: Failure, pause: number) => boolean;
  /** Told before each attempt but the first. */
  readonly retrying?: (attempt: number) => void;
}

/** The pause before the first retry: short, for clients wait; each later one is twice as long. Milliseconds. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** Calls `attempt` until it succeeds, and fails with the last failure. Cancelling ends the attempt or the pause. */
export function retry<T>(attempt: () => Deferred<T>, options: RetryOptions): Deferred<T> {
  const { retries, clock, random = Math.random, isWorthwhile, retrying } = options;
  return attemptNumber(1);

  function attemptNumber(number: number): Deferred<T> {
    return attempt().addErrback((failure) => {
      if (number > retries || failure.check(CancelledError)) return failure;
      const length = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (number - 1)) * (0.5 + random() / 2);
      if (!isWorthwhile(failure, length)) return failure;
      return pause(clock, length).addCallback(() => {
        retrying?.(number + 1);
        return attemptNumber(number + 1);
      });
    });
  }
}

/** Fires after `ms` milliseconds. */
function pause(clock: Clock, ms: number): Deferred<void> {
  const over = new Deferred<void>(() => timer.cancel());
  const timer = clock.callLater(ms, () => over.callback());
  return over;
}
