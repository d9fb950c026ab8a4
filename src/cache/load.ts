import type { Deferred } from "../deferred/mod.ts";
import type { Lifetime } from "./freshness.ts";
import type { Kept } from "./memory-store.ts";

/** What the cache has to know of a value. */
export interface Loaded extends Kept {
  /** How long it may be served; a ttl of 0: it goes to those who wait for it, and is not kept. */
  readonly lifetime: Lifetime;
  /** Milliseconds since it was made. */
  readonly age: number;
  /** The number of the fetch it comes from: a larger one began later. */
  readonly number: number;
  /** The fetch of this process that it comes from, as the log calls it; absent: it was found elsewhere. */
  readonly fetch?: number;
  /** How whoever wanted it is answered if nothing had to be fetched for it: it was found elsewhere, or waited for there. */
  readonly foundAs?: "hit" | "coalesced";
}

/** Why a value is loaded. */
export interface Wish {
  readonly cause: "miss" | "refresh";
  /** The number of the value that is to be replaced: nothing that old will do. 0: any value will. */
  readonly newerThan: number;
  /** The number that the value is to have: second levels set it; absent: whoever fetches it counts. */
  number?: number;
  /** To be called when loading has begun: until then it is cancelled when nobody waits for it any more. */
  readonly begun: () => void;
}

/** Gets the value for `request`, whose key is `key`. */
export type Load<R, V> = (request: R, wish: Wish, key: string) => Deferred<V>;
