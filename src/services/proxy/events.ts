import type { NotKept } from "../../cache/cache.ts";
import type { Address } from "../../net/address.ts";
import type { FetchWish } from "../fetch/record.ts";

/** A shared fetch has ended. `error` says why there is no answer, `why` that the answer is not kept. */
export interface FetchLanding {
  /** The same object as in the record of the fetch. */
  readonly wish: FetchWish;
  readonly fetch: number | undefined;
  /** How many clients wait for it. */
  readonly waiters: number;
  readonly why?: NotKept | undefined;
  readonly error?: unknown;
}

/** Events of a proxy, besides those of its clients and fetches. */
export interface ProxyEvents {
  readonly proxying: { readonly upstreams: readonly Address[]; readonly address: Address };
  /** At this address clients cannot tell an empty answer from a failure: both are an end without a byte. */
  readonly emptyMeansTwo: { readonly address: Address };
  /** A shared fetch has ended; its waiters have not been answered yet. */
  readonly landed: FetchLanding;
  /** A complete answer was given to its waiters but not kept. It was fetched, or came from a second level. */
  readonly notKept: { readonly fetch: number | undefined; readonly bytes: number; readonly why: NotKept };
}
