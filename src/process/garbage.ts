import { gcAndSweep } from "bun:jsc";
import type { CollectGarbage } from "../services/garbage.ts";
import { systemClock as clock } from "../time/clock.ts";

/**
 * How much time may be spent on collecting: usually an eighth; half of it if memory is short and a collection does not take
 * long; any amount if there is too much garbage, but half for a heap of 100,000 entries or more.
 */
const PAUSE = 7;
const SHORT_PAUSE = 1;
const LONG_MS = 20;
const VERY_LONG_MS = 50;

/** How long the allocator keeps freed memory before it returns it to the system. */
const PURGE_MS = 120;

/** Whom to tell once the garbage is gone; empty: no collection is due. */
let asking: (() => void)[] = [];
const notBefore = { some: 0, much: 0, "too much": 0 };

/**
 * Collects garbage, unless that was done a moment ago and there is not too much of it; returns whether it will. On its own,
 * JavaScriptCore lets several times as much accumulate as is in use. Not by Bun.gc(), which also discards compiled code.
 */
export const collectGarbage: CollectGarbage = (howMuch, gone) => {
  const isDue = asking.length > 0;
  const wait = notBefore[howMuch] - clock.now();
  if (!isDue && wait > 0 && howMuch !== "too much") return false;
  asking.push(gone);
  if (isDue) return true;
  if (wait > 0) clock.callLater(wait, collect);
  else clock.nextTurn(collect); // The stack may still refer to what was just dropped.
  return true;
};

function collect(): void {
  const told = asking;
  asking = [];
  const start = clock.now();
  gcAndSweep();
  const end = clock.now();
  const took = end - start;
  clock.callLater(PURGE_MS, () => {
    for (const gone of told) gone();
  });
  notBefore.some = end + PAUSE * took;
  const soon = end + SHORT_PAUSE * took;
  notBefore.much = took < LONG_MS ? soon : notBefore.some;
  notBefore["too much"] = took < VERY_LONG_MS ? end : soon;
}
