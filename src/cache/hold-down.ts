import { pauseAfter, type Backoff } from "../time/backoff.ts";

/** After a failure: how many there were in a row, and until when nobody tries again. */
export interface HoldDown {
  readonly failures: number;
  /** The clock's milliseconds. */
  readonly until: number;
}

const BACKOFF: Backoff = { first: 1_000, longest: 30_000, spread: [0.8, 1.2] };

/**
 * The hold-down after one more failure: 1 s, then twice as long each time.
 *
 * @param random gives numbers from 0 to 1
 * @param longest milliseconds that it lasts at the most, give or take a fifth
 */
export function nextHoldDown(
  before: HoldDown | undefined,
  now: number,
  random: () => number,
  longest = BACKOFF.longest,
): HoldDown {
  const failures = (before?.failures ?? 0) + 1;
  return { failures, until: now + pauseAfter(failures, { ...BACKOFF, longest }, random) };
}
