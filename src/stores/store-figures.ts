/** What a store has been asked since the process began. */
export interface StoreCounts {
  /** Questions that were answered, by what came of them. */
  hit: number;
  miss: number;
  /** Answers that were given to it. */
  put: number;
  /** Entries that were found damaged, or made no sense. */
  damaged: number;
}

export function noCounts(): StoreCounts {
  return { hit: 0, miss: 0, put: 0, damaged: 0 };
}

/** What a store is like at the moment. */
export interface StoreFigures {
  readonly kind: "disk" | "shared";
  /** Its path, or where its server is. */
  readonly name: string;
  /** Whether it is bypassed, because it failed. */
  readonly isFailing: boolean;
  /** How many times it failed. */
  readonly failures: number;
  readonly counts: Readonly<StoreCounts>;
  /** Of its file, as it was when somebody last looked; absent: nobody knows. */
  readonly size?: { readonly entries: number; readonly bytes: number; readonly maxBytes: number } | undefined;
}
