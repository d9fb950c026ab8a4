/** The upper bounds of the buckets of all histograms, in seconds. */
export const BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Counts durations in buckets. */
export class Histogram {
  /** How many durations fell into each bucket, not cumulated; the last bucket has no upper bound. */
  readonly counts = new Float64Array(BOUNDS.length + 1);
  /** The sum of all durations, in seconds. */
  sum = 0;

  /** Counts a duration. Hits pass 0, so that serving them reads no clock. */
  count(seconds: number): void {
    this.sum += seconds;
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket++;
    (this.counts[bucket] as number)++;
  }
}
