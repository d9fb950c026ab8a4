/** At most so many in a period of time. */
export interface Rate {
  readonly count: number;
  /** Milliseconds. */
  readonly span: number;
}
