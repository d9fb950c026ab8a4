import type { Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { DrainOptions } from "../net/listen.ts";
import type { Port } from "../net/port.ts";
import type { Figures } from "./figures.ts";
import type { KeptAnswers } from "./kept-answers.ts";

/** Upstreams that an operator holds, so that they are not asked. */
export interface Holds {
  /** Holds the upstream with that name for that many milliseconds. Returns false if there is none. */
  hold(upstream: string, ms: number): boolean;
  /** Releases it, whatever it was held for. Returns false if there is none. */
  release(upstream: string): boolean;
}

/** Something that listens: started once, drained or aborted once. */
export interface Service {
  /** Clients connected now. */
  readonly clients: number;
  /** Its state. */
  figures(): Figures;
  /** The upstreams it does not ask; absent if it has none, or cannot hold any. */
  readonly holds?: Holds;
  /** The answers that it keeps; absent: none. */
  readonly kept?: KeptAnswers;
  /** How many of them have not received their whole answer; the others only have to hang up. */
  readonly unserved: number;
  /** Where it should listen. */
  readonly wanted: readonly Address[];
  /** Opens its ports and announces them. Fires with the address of the first; fails with ListenError. */
  start(): Deferred<Address>;
  /** Serves clients of these ports from now on. The previous ports stay open, for other services or to be closed. */
  usePorts(ports: readonly Port[]): void;
  /** Announces where it listens. */
  announce(): void;
  /** Another service has taken its place: it only serves its present clients, and keeps nothing any more. */
  retire(): void;
  /** Takes no new clients; fires when the present ones have been served. */
  drain(how?: DrainOptions): Deferred<void>;
  /** Resets every client that has not received its whole answer. */
  abort(): void;
}
