/** What a store has done since the process began. */
export interface StoreCounts {
  /** Look-ups, by result. */
  hit: number;
  miss: number;
  /** Answers written to it. */
  put: number;
  /** Entries found damaged or invalid. */
  damaged: number;
}

/** Counts of a store that has done nothing yet. */
export function noCounts(): StoreCounts {
  return { hit: 0, miss: 0, put: 0, damaged: 0 };
}

/** The state of a store. */
export interface StoreFigures {
  readonly kind: "disk" | "shared";
  /** Its path or the address of its server. */
  readonly name: string;
  /** Whether it is bypassed, because it failed. */
  readonly isFailing: boolean;
  /** How many times it failed. */
  readonly failures: number;
  readonly counts: Readonly<StoreCounts>;
  /** The size of its file at the last check; absent if unknown. */
  readonly size?: { readonly entries: number; readonly bytes: number; readonly maxBytes: number } | undefined;
}
