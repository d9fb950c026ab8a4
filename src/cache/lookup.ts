import { succeed, type Deferred } from "../deferred/mod.ts";

/** How a look-up was answered: from a fresh entry, from one past its ttl, by a new fetch, or by one under way. */
export type CacheStatus = "hit" | "stale" | "miss" | "coalesced";

/** A value, and how it was obtained. */
export interface Answer<V> {
  readonly value: V;
  readonly status: CacheStatus;
  /** Milliseconds since the value was stored; absent for waiters. */
  readonly age?: number;
}

/** The result of a look-up. */
export interface Lookup<V> {
  /** The status so far. The answer has the final one, which may differ for waiters. */
  readonly status: CacheStatus;
  /** Whether a stale entry can stand in if the fetch fails or takes too long. */
  readonly hasStandIn: boolean;
  /** The answer, if there is an entry to serve: for `hit` and `stale`. */
  readonly found?: Answer<V> | undefined;
  /** The answer in any case; has already fired if it was found. Cancelling leaves the flight; a fetch that has begun goes on. */
  readonly answer: Deferred<Answer<V>>;
}

/** A look-up that found an entry to serve. It is also its own answer, because a hit should allocate as little as possible. */
export class Found<V> implements Lookup<V>, Answer<V> {
  readonly value: V;
  readonly status: "hit" | "stale";
  readonly age: number;

  constructor(value: V, status: "hit" | "stale", age: number) {
    this.value = value;
    this.status = status;
    this.age = age;
  }

  get hasStandIn(): boolean {
    return false;
  }

  get found(): Answer<V> {
    return this;
  }

  get answer(): Deferred<Answer<V>> {
    return succeed<Answer<V>>(this);
  }
}
