import { gcAndSweep } from "bun:jsc";
import { systemClock as clock } from "../time/clock.ts";

/** Of the time, at most an eighth is spent on it; where memory is short half, if it does not take long. */
const PAUSE = 7;
const SHORT_PAUSE = 1;
const LONG_MS = 20;

let notBefore = 0;
let notBeforeIfUrgent = 0;

/**
 * Collects the garbage, unless that was done a moment ago; says whether it did. Left to itself JavaScriptCore lets several times as much
 * accumulate as is in use. Not Bun.gc(): that throws compiled code away as well.
 */
export function collectGarbage(isUrgent: boolean): boolean {
  const start = clock.now();
  if (start < (isUrgent ? notBeforeIfUrgent : notBefore)) return false;
  gcAndSweep();
  const end = clock.now();
  const took = end - start;
  notBefore = end + PAUSE * took;
  notBeforeIfUrgent = took < LONG_MS ? end + SHORT_PAUSE * took : notBefore;
  return true;
}
