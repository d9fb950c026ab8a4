/**
 * How long to pause after failures in a row; each pause is twice as long as the one before.
 *
 * @example
 * const pauses: Backoff = { first: 100, longest: 30_000, spread: [0.8, 1.2] };
 */
export interface Backoff {
  /** Milliseconds after the first failure. */
  readonly first: number;
  /** Maximum pause in milliseconds, before it is spread. */
  readonly longest: number;
  /**
   * Each pause is multiplied by a random number from this range, so that many clients do not retry at the same moment.
   */
  readonly spread: readonly [least: number, most: number];
}

/**
 * The pause after failure number `failures`, in milliseconds.
 *
 * @param failures how many there were in a row, from 1
 * @param random gives numbers from 0 to 1
 */
export function pauseAfter(
  failures: number,
  { first, longest, spread: [least, most] }: Backoff,
  random: () => number = Math.random,
): number {
  return Math.min(longest, first * 2 ** (failures - 1)) * (least + (most - least) * random());
}
