import type { Clock } from "../../time/clock.ts";

/** Milliseconds for which the event loop may be kept from everything else. */
const SLICE_MS = 4;

/**
 * Makes a function to be called now and then in long work: it gives a promise to wait for if it is time to let others have
 * their turn.
 */
export function pausing(clock: Pick<Clock, "now" | "nextTurn">): () => Promise<void> | undefined {
  let turnBegan = -Infinity;
  return () => {
    if (clock.now() - turnBegan < SLICE_MS) return undefined;
    return new Promise((resolve) => {
      clock.nextTurn(() => {
        turnBegan = clock.now();
        resolve();
      });
    });
  };
}
