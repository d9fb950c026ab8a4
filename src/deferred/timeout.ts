import { systemClock, type Clock } from "../time/clock.ts";
import { requireFunction } from "./check.ts";
import type { Deferred, Outcome, ValueAfter } from "./deferred.ts";
import { show } from "./describe.ts";
import { TimeoutError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { isCancellation } from "./unhandled.ts";

/** The part of a clock that a timeout needs. */
export type TimeoutClock = Pick<Clock, "callLater">;

/** What `Deferred.addTimeout` does: two links, one that maps the result when time was up, one that stops the timer. */
export function addTimeout<T, U>(
  deferred: Deferred<T>,
  ms: number,
  clock: TimeoutClock = systemClock,
  onTimeout: (result: T | Failure, ms: number) => Outcome<T | U> = cancelledToTimedOut,
): Deferred<T | ValueAfter<U>> {
  if (typeof ms !== "number" || !(ms >= 0))
    throw new RangeError(`Cannot addTimeout(${show(ms)}): milliseconds are needed, 0 or more`);
  if (typeof clock?.callLater !== "function")
    throw new TypeError(`Cannot addTimeout() with ${show(clock)}: a clock with callLater() is needed`);
  requireFunction("addTimeout", onTimeout);
  let timedOut = false;
  const timer = clock.callLater(ms, () => {
    timedOut = true;
    deferred.cancel();
  });
  return deferred
    .addBoth((result): Outcome<T | U> => (timedOut ? onTimeout(result, ms) : result))
    .addBoth((result): Outcome<T | U> => {
      if (!timedOut) timer.cancel();
      return result;
    });
}

function cancelledToTimedOut<T>(result: T | Failure, ms: number): T | Failure {
  const cancelled = result instanceof Failure && isCancellation(result.value);
  return cancelled ? new Failure(new TimeoutError(ms)) : result;
}
