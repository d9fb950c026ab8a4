import type { Clock } from "./clock.ts";

/**
 * Items per turn. Sixteen waiters that each get an answer take half a millisecond (bench/latency.ts,
 * bench/coalescing.ts).
 */
export const BATCH = 16;

/**
 * Calls `each` with every item, a batch per turn of the event loop, so that others are served in between; then `done`.
 * Items that leave a Set before their turn are left out.
 *
 * @param batch items per turn
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
