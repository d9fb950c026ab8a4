import type { Clock } from "./clock.ts";

/** Items of `inTurns` in one turn: of waiters that get a whole answer each, half a millisecond (bench/latency.ts, bench/coalescing.ts). */
export const BATCH = 16;

/**
 * Calls `each` with all items, a batch in every turn of the event loop, so that others are served in between; and `done`
 * behind the last. What leaves a Set before its turn is left out.
 *
 * @param batch items in one turn
 */
export function inTurns<T>(
  clock: Pick<Clock, "nextTurn">,
  items: Iterator<T>,
  each: (item: T) => void,
  done?: () => void,
  batch = BATCH,
): void {
  for (let left = batch; left > 0; left--) {
    const next = items.next();
    if (next.done) return done?.();
    each(next.value);
  }
  clock.nextTurn(() => inTurns(clock, items, each, done, batch));
}
