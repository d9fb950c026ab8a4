/** A moment by the clock on the wall: to tell people when, never to measure. */
export type TimeOfDay = Date;

/** @param ms since 1970; default: now */
export function timeOfDay(ms?: number): TimeOfDay {
  return ms === undefined ? new Date() : new Date(ms);
}
