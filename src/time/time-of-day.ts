/** A moment by the clock on the wall: to tell people when, never to measure. */
export type TimeOfDay = Date;

export function timeOfDay(): TimeOfDay {
  return new Date();
}

/** The milliseconds of the wall clock since 1970: for ages that outlive the process. It may step back. */
export function wallClock(): number {
  return Date.now();
}
