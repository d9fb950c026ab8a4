import { pauseAfter, type Backoff } from "../time/backoff.ts";

/** The state after a failure: how many there were in a row, and until when not to try again. */
export interface HoldDown {
  readonly failures: number;
  /** By the clock's milliseconds. */
  readonly until: number;
}

const BACKOFF: Backoff = { first: 1_000, longest: 30_000, spread: [0.8, 1.2] };

/**
 * The hold-down after another failure: at first 1 s, then twice as long each time, ± 20 %.
 *
 * @param random gives numbers from 0 to 1
 * @param longest its maximum in milliseconds, before the ± 20 %
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
