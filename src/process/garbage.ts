import { gcAndSweep } from "bun:jsc";
import type { CollectGarbage } from "../services/budget.ts";
import { systemClock as clock } from "../time/clock.ts";

/**
 * Of the time, at most an eighth is spent on it; where memory is short half, if it does not take long; where there is too much
 * garbage all that it takes, but for a heap of 100,000 entries or more, which gets half as well.
 */
const PAUSE = 7;
const SHORT_PAUSE = 1;
const LONG_MS = 20;
const VERY_LONG_MS = 50;

let isDue = false;
const notBefore = { some: 0, much: 0, "too much": 0 };

/**
 * Collects the garbage, unless that was done a moment ago and there is not too much of it; says whether it did. Left to itself
 * JavaScriptCore lets several times as much accumulate as is in use. Not Bun.gc(): that throws compiled code away as well.
 */
export const collectGarbage: CollectGarbage = (howMuch) => {
  if (isDue) return true;
  if (clock.now() < notBefore[howMuch]) return false;
  isDue = true;
  clock.nextTurn(collect); // What was let go of is on the stack as yet, and would stay.
  return true;
};

function collect(): void {
  isDue = false;
  const start = clock.now();
  gcAndSweep();
  const end = clock.now();
  const took = end - start;
  notBefore.some = end + PAUSE * took;
  const soon = end + SHORT_PAUSE * took;
  notBefore.much = took < LONG_MS ? soon : notBefore.some;
  notBefore["too much"] = took < VERY_LONG_MS ? end : soon;
}
