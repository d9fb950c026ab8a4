import type { NotKept } from "../../cache/cache.ts";
import type { Address } from "../../net/address.ts";

/** What a proxy has to tell besides what is told of its clients and fetches. */
export interface ProxyEvents {
  readonly proxying: { readonly upstreams: readonly Address[]; readonly address: Address };
  /** A whole answer went to those who waited, and was not kept. */
  readonly notKept: { readonly fetch: number; readonly bytes: number; readonly why: NotKept };
}
