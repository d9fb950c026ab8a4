import type { ManualClock } from "../../src/time/manual-clock.ts";
import { nextTurn } from "./next-turn.ts";

/** How often progress is checked within the send timeout of 60 s. */
const LOOK_MS = 60_000 / 16;

/**
 * Lets time pass until `isOver`. The kernel of a client that does not read may take some more of its answer at any
 * moment, which restarts the send timeout: the number of rounds varies, but is small.
 *
 * @returns the milliseconds that have passed
 */
export async function letTimeOut(clock: ManualClock, isOver: () => boolean): Promise<number> {
  let passed = 0;
  for (; !isOver(); passed += LOOK_MS) {
    clock.advance(LOOK_MS);
    await nextTurn();
  }
  return passed;
}
