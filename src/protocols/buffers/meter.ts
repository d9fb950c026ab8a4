/** Accounts for the memory that something takes. */
export interface Meter {
  /** It takes `bytes` now, or is about to. May throw to refuse more. */
  takes(bytes: number): void;
}

/** Accounts for nothing. */
export const unmetered: Meter = { takes: () => {} };
