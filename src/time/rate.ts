/** At most `count` within any period of `span`. */
export interface Rate {
  readonly count: number;
  /** Milliseconds. */
  readonly span: number;
}
