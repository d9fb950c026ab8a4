/** Accounts for the memory that something takes. */
export interface Meter {
  /** It takes `bytes` now, or is about to. May throw to refuse more. */
  takes(bytes: number): void;
  /** An array that gets longer than this grows in place: no copy, but slower at first. Absent: never. */
  readonly inPlaceFrom?: number | undefined;
}

/** Accounts for nothing. */
export const unmetered: Meter = { takes: () => {} };
