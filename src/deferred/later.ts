import { systemClock } from "../time/clock.ts";
import { Deferred } from "./deferred.ts";
import type { TimeoutClock } from "./timeout.ts";

/** Fires after `ms` milliseconds; cancelling it stops the timer. Twisted's `deferLater` without a function to call. */
export function later(ms: number, clock: TimeoutClock = systemClock): Deferred<void> {
  const fired = new Deferred<void>(() => timer.cancel());
  const timer = clock.callLater(ms, () => fired.callback());
  return fired;
}
