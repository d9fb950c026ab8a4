import type { Clock } from "../time/clock.ts";
import { Deferred } from "../deferred/mod.ts";

/**
 * Long work that lets others have their turn: the first step is done at once, each further one in its own turn of the event
 * loop. Fires with what the iterator returns, or fails with what it throws. Cancelling it skips the rest. Twisted's
 * `coiterate`.
 *
 * @param steps a generator that yields where the work can pause
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
