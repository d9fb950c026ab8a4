import { gcAndSweep } from "bun:jsc";
import type { CollectGarbage } from "../services/garbage.ts";
import { systemClock as clock } from "../time/clock.ts";

/**
 * How long to pause after a collection, as a multiple of its duration, so that collecting takes at most an eighth of
 * the time; with SHORT_PAUSE half, where memory is short and collections are fast. With too much garbage there is no
 * pause, unless collections are very slow, as with a heap of 100,000 entries or more.
 */
const PAUSE = 7;
const SHORT_PAUSE = 1;
/** From here on a collection is slow, and very slow, in milliseconds. */
const LONG_MS = 20;
const VERY_LONG_MS = 50;

/** How long the allocator keeps freed memory before it returns it to the system. */
const PURGE_MS = 120;

/** Whom to tell once the garbage is gone; empty: no collection is due. */
let asking: (() => void)[] = [];
/** When the next collection may happen, by how much garbage there is; milliseconds on the clock. */
const notBefore = { some: 0, much: 0, "too much": 0 };

/**
 * Schedules a garbage collection, unless the pause after the last one is not over; returns whether one will happen. By
 * itself JavaScriptCore lets garbage grow to several times the memory in use. Bun.gc() is no alternative: it also
 * discards compiled code.
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
