/** After a failed refresh: how often in a row it failed, and until when nobody tries again. */
export interface HoldDown {
  readonly failures: number;
  /** The clock's milliseconds. */
  readonly until: number;
}

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** So far off, up or down, that many caches in front of one upstream do not come back at the same moment. */
const JITTER = 0.2;

/**
 * The hold-down after one more failure: 1 s, then twice as long each time, 30 s at the most.
 *
 * @param random gives numbers from 0 to 1
 */
export function holdDown(before: HoldDown | undefined, now: number, random: () => number): HoldDown {
  const failures = (before?.failures ?? 0) + 1;
  const length = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return { failures, until: now + length * (1 - JITTER + 2 * JITTER * random()) };
}
