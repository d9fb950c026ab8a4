import { plainClock } from "../time/clock.ts";
import { requireMilliseconds } from "./check.ts";
import { Deferred } from "./deferred.ts";
import type { TimeoutClock } from "./timeout.ts";

/**
 * Fires after `ms` milliseconds; cancelling it stops the timer. Twisted's `deferLater` without a function to call.
 *
 * @throws {RangeError} if `ms` is not a number from 0
 * @example
 * later(500).addCallback(() => fetchPoem());
 */
export function later(ms: number, clock: TimeoutClock = plainClock): Deferred<void> {
  requireMilliseconds("later", ms);
  const fired = new Deferred<void>(() => timer.cancel());
  const timer = clock.callLater(ms, () => fired.callback());
  return fired;
}
