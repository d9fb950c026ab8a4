/** Watches how much memory something takes. */
export interface Meter {
  /** It takes that many bytes now, or is about to: what this throws keeps it from taking more. */
  takes(bytes: number): void;
}

/** For what nobody has to know of. */
export const unmetered: Meter = { takes: () => {} };
