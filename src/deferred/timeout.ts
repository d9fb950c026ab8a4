import { plainClock, type Clock } from "../time/clock.ts";
import { requireFunction, requireMethod, requireMilliseconds } from "./check.ts";
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

/** What is cancelled when its time is up: a Deferred. */
interface Timed {
  cancel(): void;
  addBoth(link: Link): Timed;
}

/** `Deferred.addTimeout`: adds two links, one that maps the result if time was up, one that stops the timer. */
export function cancelLater(
  deferred: Timed,
  ms: number,
  clock: TimeoutClock = plainClock,
  onTimeout: (result: never, ms: number) => unknown = cancelledToTimedOut,
): void {
  requireMilliseconds("addTimeout", ms);
  requireMethod("addTimeout by", clock, "callLater");
  requireFunction("addTimeout", onTimeout);
  let timedOut = false;
  const timer = clock.callLater(ms, () => {
    timedOut = true;
    deferred.cancel();
  });
  deferred
    .addBoth((result) => (timedOut ? onTimeout(result as never, ms) : result))
    .addBoth((result) => {
      timer.cancel();
      return result;
    });
}

function cancelledToTimedOut(result: unknown, ms: number): unknown {
  if (!isCancellation(result)) return result;
  const { value } = result;
  // A list knows more than that it was cancelled.
  return new Failure(new TimeoutError(ms, value instanceof CancelledError ? {} : { cause: value }));
}
