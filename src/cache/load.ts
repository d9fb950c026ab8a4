import type { Deferred } from "../deferred/mod.ts";
import type { Lifetime } from "./freshness.ts";
import type { Kept } from "./memory-store.ts";

/** What the cache needs to know about a value. */
export interface Loaded extends Kept {
  /** How long it may be served; with ttl 0 it is given to its waiters but not kept. */
  readonly lifetime: Lifetime;
  /** Milliseconds since it was fetched. */
  readonly age: number;
  /** The number of the fetch that it came from: later fetches have larger ones. */
  readonly number: number;
  /** The id, in the log, of the fetch by this process; absent: it came from a second level. */
  readonly fetch?: number;
  /** The status of the answer if it came from a second level: found there, or awaited from another node. */
  readonly foundAs?: "hit" | "coalesced";
}

/** Why a value is loaded. */
export interface Wish {
  readonly cause: "miss" | "refresh";
  /** The number of the value to be replaced: only a newer one will do. 0: any will do. */
  readonly newerThan: number;
  /** The number to give the value, set by second levels; absent: that of the fetch. */
  number?: number;
  /** To be called when loading begins; until then, it is cancelled when its last waiter leaves. */
  readonly begun: () => void;
}

/** Gets the value for `request`, whose key is `key`. Fails with any error. */
export type Load<R, V> = (request: R, wish: Wish, key: string) => Deferred<V>;
