import type { Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";

/** Something that listens: started once, drained or aborted once. */
export interface Service {
  /** Clients connected now. */
  readonly clients: number;
  /** How many of them have not got their whole answer: the others only have not hung up. */
  readonly unserved: number;
  /** Opens the port. Fires with where it listens; fails with ListenError, or with why it has nothing to serve. */
  start(): Deferred<Address>;
  /** Takes no new clients; fires when those that are there have been served. */
  drain(): Deferred<void>;
  /** Resets every client that has not had its whole answer. */
  abort(): void;
}
