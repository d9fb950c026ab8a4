import type { Deferred } from "../deferred/mod.ts";
import type { Lifetime } from "./freshness.ts";
import type { Kept } from "./memory-store.ts";

/** What the cache needs to know about a value. */
export interface Loaded extends Kept {
  /** How long it may be served; with a ttl of 0 it goes to its waiters and is not kept. */
  readonly lifetime: Lifetime;
  /** Milliseconds since it was made. */
  readonly age: number;
  /** The number of the fetch it comes from: a larger one began later. */
  readonly number: number;
  /** The fetch of this process that it comes from, as the log calls it; absent: it was found elsewhere. */
  readonly fetch?: number;
  /** The status of the answer if this process did not fetch it: it was found elsewhere, or waited for there. */
  readonly foundAs?: "hit" | "coalesced";
}

/** Why a value is loaded. */
export interface Wish {
  readonly cause: "miss" | "refresh";
  /** The number of the value to replace: only a newer one will do. 0: any value will. */
  readonly newerThan: number;
  /** The number that the value must have, set by second levels; absent: the fetch takes the next one. */
  number?: number;
  /** To be called when loading begins: before that, it is cancelled when nobody waits for it any more. */
  readonly begun: () => void;
}

/** Gets the value for `request`, whose key is `key`. */
export type Load<R, V> = (request: R, wish: Wish, key: string) => Deferred<V>;
