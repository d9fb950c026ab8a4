/** Watches how much memory something takes. */
export interface Meter {
  /** It takes that many bytes now, or is about to; throws to refuse more. */
  takes(bytes: number): void;
  /** An array that gets longer than this grows in place: no copy, but slower at first. Absent: never. */
  readonly inPlaceFrom?: number | undefined;
}

/** Watches nothing. */
export const unmetered: Meter = { takes: () => {} };
