/** Watches how much memory something takes. */
export interface Meter {
  /** It takes that many bytes now, or is about to; throws to refuse more. */
  takes(bytes: number): void;
}

/** Watches nothing. */
export const unmetered: Meter = { takes: () => {} };
