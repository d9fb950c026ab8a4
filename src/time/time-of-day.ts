/** A moment by the clock on the wall: to tell people when, never to measure. */
export type TimeOfDay = Date;

export function timeOfDay(): TimeOfDay {
  return new Date();
}

/** @param ms since 1970 */
export function dateAt(ms: number): TimeOfDay {
  return new Date(ms);
}
