import { plainClock, type Clock } from "../time/clock.ts";
import { requireFunction, requireMilliseconds } from "./check.ts";
import { show } from "./describe.ts";
import { CancelledError, TimeoutError } from "./errors.ts";
import { Failure } from "./failure.ts";
import type { Link } from "./link.ts";
import { isCancellation } from "./unhandled.ts";

/**
 * The part of a clock that a timeout needs.
 *
 * @example
 * const never: TimeoutClock = { callLater: () => ({ cancel() {} }) };
 */
export type TimeoutClock = Pick<Clock, "callLater">;

/**
 * The links that `Deferred.addTimeout` adds, in this order: one maps the result if time was up, one stops the timer.
 *
 * @param cancel is called when time is up
 */
export function timeoutLinks(
  cancel: () => void,
  ms: number,
  clock: TimeoutClock = plainClock,
  onTimeout: (result: never, ms: number) => unknown = cancelledToTimedOut,
): [map: Link, stopTimer: Link] {
  requireMilliseconds("addTimeout", ms);
  if (typeof clock?.callLater !== "function")
    throw new TypeError(`Cannot addTimeout() with ${show(clock)}: a clock with callLater() is needed`);
  requireFunction("addTimeout", onTimeout);
  let timedOut = false;
  const timer = clock.callLater(ms, () => {
    timedOut = true;
    cancel();
  });
  return [
    (result) => (timedOut ? onTimeout(result as never, ms) : result),
    (result) => {
      timer.cancel();
      return result;
    },
  ];
}

function cancelledToTimedOut(result: unknown, ms: number): unknown {
  if (!isCancellation(result)) return result;
  const { value } = result;
  // A list knows more than that it was cancelled.
  return new Failure(new TimeoutError(ms, value instanceof CancelledError ? {} : { cause: value }));
}
