import type { Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { DrainOptions } from "../net/listen.ts";
import type { Port } from "../net/port.ts";
import type { Figures } from "./figures.ts";
import type { KeptAnswers } from "./kept-answers.ts";

/** Lets an operator put upstreams on hold, so that they are not used. */
export interface Holds {
  /** The upstreams that there are, as the configuration has them. */
  readonly names: readonly string[];
  /** Puts the upstream with that address on hold for `ms` milliseconds. Returns false if there is none. */
  hold(upstream: string, ms: number): boolean;
  /** Ends every hold of it, whatever the reason. Returns false if there is none. */
  release(upstream: string): boolean;
}

/** Something that listens. It is started once, and drained or aborted once. */
export interface Service {
  /** How many clients are connected. */
  readonly clients: number;
  /** Its state at the moment. */
  figures(): Figures;
  /** Puts its upstreams on hold; absent if it has none, or cannot. */
  readonly holds?: Holds;
  /** The answers that it keeps; absent if it keeps none. */
  readonly kept?: KeptAnswers;
  /** How many clients have not received their complete answer; the others only have to hang up. */
  readonly unserved: number;
  /** Where it should listen. */
  readonly wanted: readonly Address[];
  /** Opens its ports and announces them. Fires with the address of the first; fails with ListenError. */
  start(): Deferred<Address>;
  /** Serves clients of these ports from now on. It does not close the previous ones, which other services may use. */
  usePorts(ports: readonly Port[]): void;
  /** Announces where it listens. */
  announce(): void;
  /** Another service takes its place: from now on it only serves its present clients, and drops what it keeps. */
  retire(): void;
  /** Stops accepting clients; fires when the present ones have been served. */
  drain(how?: DrainOptions): Deferred<void>;
  /** Resets every client that has not received its complete answer. */
  abort(): void;
}
