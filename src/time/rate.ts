/** So many in a time. */
export interface Rate {
  readonly count: number;
  /** Milliseconds. */
  readonly span: number;
}
