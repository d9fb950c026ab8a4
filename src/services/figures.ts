import type { Address } from "../net/address.ts";

/** How many entries have left a cache, by reason. */
export interface Evictions {
  /** To make room, though it could still be served. */
  readonly memory: number;
  /** It was too old to be served when it was removed or replaced. */
  readonly expired: number;
  /** By a newer answer, though it could still be served. */
  readonly replaced: number;
  readonly purged: number;
}

/** The state of an upstream. */
export interface UpstreamFigures {
  readonly address: Address;
  /** Why it is held down, and until when by the clock; absent: it is not. */
  readonly held?:
    { readonly until: number; readonly why: "order" | "failure" | "refusal" | "local" } | undefined;
}

/** The state of a service, read on demand. */
export interface Figures {
  readonly clients: number;
  /** Clients it takes at a time; Infinity: any number. */
  readonly maxClients: number;
  /** When the first of its certificates for clients expires, in milliseconds since 1970. */
  readonly certificateEnds?: number;
  /** Clients that wait for a fetch they share. */
  readonly waiters?: number;
  /** Clients whose requests pass through as they come. */
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
    /** Fetches that wait for their turn. */
    readonly queue: number;
    /** Bytes of their requests. */
    readonly queueBytes: number;
  };
  readonly upstreams?: readonly UpstreamFigures[];
}
