/** Lets an operator put upstreams on hold, so that they are not used. */
export interface Holds {
  /** The upstreams that there are, as the configuration has them. */
  readonly names: readonly string[];
  /** Puts the upstream with that address on hold for `ms` milliseconds. Returns false if there is none. */
  hold(upstream: string, ms: number): boolean;
  /** Ends every hold of it, whatever the reason. Returns false if there is none. */
  release(upstream: string): boolean;
}
