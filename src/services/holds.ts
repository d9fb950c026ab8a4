/** Upstreams that an operator holds, so that they are not asked. */
export interface Holds {
  /** The upstreams that can be held, as the configuration has them. */
  readonly names: readonly string[];
  /** Holds the upstream with that name for that many milliseconds. Returns false if there is none. */
  hold(upstream: string, ms: number): boolean;
  /** Releases it, whatever it was held for. Returns false if there is none. */
  release(upstream: string): boolean;
}
