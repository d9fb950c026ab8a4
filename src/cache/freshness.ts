/** The ages of an entry: served as it is, served while a refresh is under way, of no use any more. */
export type Freshness = "fresh" | "grace" | "expired";

/** How long an entry may be served, in milliseconds; Infinity = for ever. */
export interface Lifetime {
  /** From the moment it was stored. 0: never served from the cache. */
  readonly ttl: number;
  /** After the ttl: still served, while a refresh is fetched. */
  readonly grace: number;
}

/** @param age milliseconds since the entry was stored */
export function freshness(age: number, { ttl, grace }: Lifetime): Freshness {
  if (age < ttl) return "fresh";
  return age < ttl + grace ? "grace" : "expired";
}
