/** Upstreams that somebody wants nobody to ask. */
export interface Holds {
  /** Nobody asks the upstream with that name for so many milliseconds. Gives false if there is none. */
  hold(upstream: string, ms: number): boolean;
  /** It is asked again, whatever it was held for. Gives false if there is none. */
  release(upstream: string): boolean;
}
