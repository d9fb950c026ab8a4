/** A moment by the wall clock: for display, never for measuring. */
export type TimeOfDay = Date;

/**
 * A moment by the wall clock.
 *
 * @param ms milliseconds since 1970; default: now
 */
export function timeOfDay(ms?: number): TimeOfDay {
  return ms === undefined ? new Date() : new Date(ms);
}

/** Milliseconds of the wall clock since 1970, for ages that outlive the process. It may step back. */
export function wallClock(): number {
  return Date.now();
}
