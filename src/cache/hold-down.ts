import { pauseAfter, type Backoff } from "../time/backoff.ts";

/** After a failed refresh: how often in a row it failed, and until when nobody tries again. */
export interface HoldDown {
  readonly failures: number;
  /** The clock's milliseconds. */
  readonly until: number;
}

const BACKOFF: Backoff = { first: 1_000, longest: 30_000, spread: [0.8, 1.2] };

/**
 * The hold-down after one more failure: 1 s, then twice as long each time, 30 s at the most.
 *
 * @param random gives numbers from 0 to 1
 */
export function nextHoldDown(before: HoldDown | undefined, now: number, random: () => number): HoldDown {
  const failures = (before?.failures ?? 0) + 1;
  return { failures, until: now + pauseAfter(failures, BACKOFF, random) };
}
