import type { Clock } from "../../time/clock.ts";

/** How long the event loop may be blocked, in milliseconds. */
const SLICE_MS = 4;

/**
 * Makes a function to call now and then in long work: it returns a promise to wait for if it is time to let others have
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
