import { plainClock, type Clock } from "../time/clock.ts";
import { maybeDeferred } from "./adapt.ts";
import { requireFunction, requireMilliseconds } from "./check.ts";
import type { Deferred } from "./deferred.ts";
import { inlineCallbacks } from "./inline.ts";
import { later } from "./later.ts";

/**
 * How `every` begins, and by which clock.
 *
 * @example
 * const options: EveryOptions = { immediately: true };
 */
export interface EveryOptions {
  /** Whether the first call comes at once, and not after the first interval (the default). */
  immediately?: boolean;
  /** The machine's by default. */
  clock?: Pick<Clock, "now" | "callLater">;
}

/**
 * Calls `fn` every `ms` milliseconds until it is cancelled: Twisted's LoopingCall. Calls never overlap: if `fn` returns a
 * Deferred or Promise that takes longer, the calls that fall due meanwhile are skipped, and the next one comes when it
 * would have come anyway. `fn` is told how many were skipped before it.
 *
 * @returns a Deferred that fails with what `fn` throws or fails with; cancelling it also cancels a call under way
 * @throws {RangeError} if `ms` is not a number from 1
 * @example
 * const checks = every(5000, (skipped) => probe(upstream).addErrback(() => markDown(upstream)));
 * stop.addCallback(() => checks.cancel());
 */
export function every(
  ms: number,
  fn: (skipped: number) => unknown,
  { immediately, clock = plainClock }: EveryOptions = {},
): Deferred<never> {
  requireMilliseconds("every", ms, 1); // No timer is faster.
  requireFunction("every", fn);
  return inlineCallbacks(function* (): Generator<Deferred, never> {
    const start = clock.now();
    const passed = (): number => clock.now() - start;
    // Intervals are counted, not added up, so that no call moves those after it.
    for (let count = immediately ? 0 : 1, skipped = 0; ;) {
      yield later(Math.max(0, count * ms - passed()), clock);
      yield maybeDeferred(fn, skipped);
      skipped = Math.max(0, Math.floor(passed() / ms) - count); // A timer may be a little early.
      count += skipped + 1;
    }
  })();
}
