import { plainClock, type Clock } from "../time/clock.ts";
import { BATCH } from "../time/in-turns.ts";
import { requireFunction, requireLimit, requireMethod } from "./check.ts";
import { Deferred } from "./deferred.ts";
import type { Outcome } from "./outcome.ts";
import { inlineCallbacks } from "./inline.ts";
import { isThenable } from "./thenable.ts";

/**
 * How much `cooperate` and `inTurns` do in one turn of the event loop.
 *
 * @example
 * const options: TurnOptions = { batch: 1 };
 */
export interface TurnOptions {
  /** How many steps: a whole number from 1; default: 16. */
  batch?: number;
  /** Whose turns are taken; the machine's by default. */
  clock?: Pick<Clock, "nextTurn">;
}

/**
 * Takes the steps of `steps` one after the other, a batch in every turn of the event loop, so that others are served in
 * between: Twisted's `cooperate`. A Deferred or Promise that a step yields is waited for. Fires with what `steps`
 * returns, fails with what it throws; cancelling it ends `steps` early.
 *
 * @throws {TypeError} if `steps` has no `next()`
 * @throws {RangeError} if `batch` is not a whole number from 1
 * @example
 * cooperate(function* () { for (const entry of entries) { index.add(entry); yield; } }());
 */
export function cooperate<T>(
  steps: Iterator<unknown, Outcome<T>, undefined>,
  { batch = BATCH, clock = plainClock }: TurnOptions = {},
): Deferred<T> {
  requireMethod("cooperate", steps, "next");
  requireLimit("batch", batch, 1);
  return inlineCallbacks(function* (): Generator<unknown, Outcome<T>> {
    let ended = false;
    try {
      for (;;) {
        for (let left = batch; left > 0; left--) {
          ended = true; // Also if it throws.
          const step = steps.next();
          if (step.done) return step.value;
          ended = false;
          if (isThenable(step.value)) yield step.value;
        }
        const turn = new Deferred<void>();
        clock.nextTurn(() => turn.callback());
        yield turn;
      }
    } finally {
      if (!ended) steps.return?.();
    }
  })();
}

/**
 * Calls `each` with every item, a batch in every turn of the event loop; fires when all have been called. A Deferred
 * or Promise that it returns is waited for. Cancelling it skips the rest.
 *
 * @throws {TypeError} if `each` is not a function
 * @example
 * inTurns(waiters, (waiter) => waiter.callback(poem)).addCallback(() => log("all served"));
 */
export function inTurns<T>(
  items: Iterable<T>,
  each: (item: T) => unknown,
  options?: TurnOptions,
): Deferred<void> {
  requireFunction("inTurns", each);
  return cooperate<void>(
    (function* () {
      for (const item of items) yield each(item);
    })(),
    options,
  );
}
