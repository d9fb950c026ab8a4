import type { Clock } from "../time/clock.ts";
import { Deferred } from "../deferred/mod.ts";

/**
 * Does long work in steps, so that the event loop can serve others in between: the first step at once, each further one
 * in a turn of its own. Fires with what the iterator returns, or fails with what it throws. Cancelling skips the rest.
 * Like Twisted's `coiterate`.
 *
 * @param steps a generator that yields wherever the work can pause
 */
export function inSteps<T>(steps: Iterator<unknown, T>, clock: Pick<Clock, "nextTurn">): Deferred<T> {
  const work = new Deferred<T>();
  step();
  return work;

  function step(): void {
    if (work.called) return; // Cancelled.
    try {
      const { done, value } = steps.next();
      if (done) work.callback(value);
      else clock.nextTurn(step);
    } catch (error) {
      work.errback(error);
    }
  }
}
