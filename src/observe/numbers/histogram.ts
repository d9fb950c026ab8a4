/** The upper bounds of all histograms, in seconds. */
export const BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Counts durations by length. */
export class Histogram {
  /** How many were at most as long as each bound, and longer than the one before; the last counts all longer ones. */
  readonly counts = new Float64Array(BOUNDS.length + 1);
  /** The sum of all durations, in seconds. */
  sum = 0;

  /** Counts a duration; of 0 seconds: nobody looked at a clock. */
  count(seconds: number): void {
    this.sum += seconds;
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket++;
    (this.counts[bucket] as number)++;
  }
}
