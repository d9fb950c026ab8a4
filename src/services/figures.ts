import type { Address } from "../net/address.ts";

/** How many entries have left a cache, by reason. */
export interface Evictions {
  /** Evicted to make room while they could still be served. */
  readonly memory: number;
  /** Too old to be served when they were removed or replaced. */
  readonly expired: number;
  /** Replaced by a newer answer while they could still be served. */
  readonly replaced: number;
  /** Purged by an operator or another node. */
  readonly purged: number;
}

/** The state of an upstream. */
export interface UpstreamFigures {
  readonly address: Address;
  /** Why it is held down, and until when, by the clock's milliseconds; absent: it is not. */
  readonly held?:
    { readonly until: number; readonly why: "order" | "failure" | "refusal" | "local" } | undefined;
}

/** The state of a service, read on demand. */
export interface Figures {
  readonly clients: number;
  /** Maximum number of clients at a time; Infinity: no limit. */
  readonly maxClients: number;
  /** When the first of its server certificates expires, in milliseconds since 1970. */
  readonly certificateEnds?: number;
  /** Clients that wait for a fetch they share. */
  readonly waiters?: number;
  /** Clients that are connected to an upstream by a pipe. */
  readonly pipes?: number;
  readonly cache?: {
    readonly entries: number;
    readonly bytes: number;
    readonly maxBytes: number;
    readonly evictions: Evictions;
  };
  readonly fetches?: {
    readonly inFlight: number;
    readonly limit: number;
    /** Fetches that are queued. */
    readonly queue: number;
    /** Bytes of their requests. */
    readonly queueBytes: number;
  };
  readonly upstreams?: readonly UpstreamFigures[];
}
