/**
 * The ages of an entry. `fresh`: served; `grace`: served while it is refreshed; `reserve`: served only if a fetch fails
 * or is slow; `expired`: no longer usable.
 */
export type Freshness = "fresh" | "grace" | "reserve" | "expired";

/** How long an entry may be served, in milliseconds; Infinity = forever. */
export interface Lifetime {
  /** Counted from when it was stored. 0: never served from the cache. */
  readonly ttl: number;
  /** After the ttl: still served while it is refreshed. */
  readonly grace: number;
  /** After the ttl: served if a fetch fails or takes too long; default: no longer than `grace`. */
  readonly staleIfError?: number;
  /** Why the ttl is 0, if there is a particular reason. */
  readonly notKept?: "no_store";
}

/**
 * How fresh an entry is.
 *
 * @param age milliseconds since it was stored
 */
export function freshness(age: number, { ttl, grace, staleIfError = 0 }: Lifetime): Freshness {
  if (age < ttl) return "fresh";
  if (age < ttl + grace) return "grace";
  return age < ttl + staleIfError ? "reserve" : "expired";
}

/** The shorter of two lifetimes, part by part. */
export function shorter(one: Lifetime, other: Lifetime): Lifetime {
  return {
    ttl: Math.min(one.ttl, other.ttl),
    grace: Math.min(one.grace, other.grace),
    staleIfError: Math.min(one.staleIfError ?? 0, other.staleIfError ?? 0),
  };
}

/** Milliseconds from when a value was stored until it is no longer usable. */
export function usefulFor({ ttl, grace, staleIfError = 0 }: Lifetime): number {
  return ttl + Math.max(grace, staleIfError);
}
