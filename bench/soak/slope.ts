/** A value at a time. */
export interface Sample {
  /** In seconds. */
  readonly at: number;
  readonly bytes: number;
}

/** The fraction of a run in which heaps still grow to their normal size. */
const WARM_UP = 0.4;

/** How fast it grows after warming up, in bytes per minute: the slope of the least-squares line. */
export function slopeOf(samples: readonly Sample[]): number {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const meanAt = mean(warm.map(({ at }) => at));
  const meanBytes = mean(warm.map(({ bytes }) => bytes));
  const spread = warm.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  const together = warm.reduce((sum, { at, bytes }) => sum + (at - meanAt) * (bytes - meanBytes), 0);
  return spread === 0 ? 0 : (together / spread) * 60;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
