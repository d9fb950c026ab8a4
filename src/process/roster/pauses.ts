import type { Clock } from "../../time/clock.ts";

/** How long the event loop may be blocked, in milliseconds. */
const SLICE_MS = 4;

/**
 * Makes a function to call often in long work, such as a reload. It returns a promise if the event loop has been
 * blocked for SLICE_MS: waiting for it lets clients be served.
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
