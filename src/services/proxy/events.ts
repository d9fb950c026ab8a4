import type { NotKept } from "../../cache/cache.ts";
import type { Address } from "../../net/address.ts";
import type { FetchWish } from "../fetch/record.ts";

/** A fetch that clients share is over: `error` says why there is no answer, `why` that it is not kept. */
export interface FetchLanding {
  /** The object that the fetch's record has, too. */
  readonly wish: FetchWish;
  readonly fetch: number | undefined;
  /** How many wait for it. */
  readonly waiters: number;
  readonly why?: NotKept | undefined;
  readonly error?: unknown;
}

/** What a proxy has to tell besides what is told of its clients and fetches. */
export interface ProxyEvents {
  readonly proxying: { readonly upstreams: readonly Address[]; readonly address: Address };
  /** A client that comes to this address cannot tell an empty answer from a failure: both are an end without a byte. */
  readonly emptyMeansTwo: { readonly address: Address };
  /** Told before those who wait for it. */
  readonly landed: FetchLanding;
  /** A whole answer, fetched or found elsewhere, went to those who waited and was not kept. */
  readonly notKept: { readonly fetch: number | undefined; readonly bytes: number; readonly why: NotKept };
}
