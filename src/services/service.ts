import type { Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { Figures } from "./figures.ts";

/** Something that listens: started once, drained or aborted once. */
export interface Service {
  /** Clients connected now. */
  readonly clients: number;
  /** What it is like at the moment. */
  figures(): Figures;
  /** Opens the port. Fires with where it listens; fails with ListenError, or with why it has nothing to serve. */
  start(): Deferred<Address>;
  /** Takes no new clients; fires when those that are there have been served. */
  drain(): Deferred<void>;
  /** Resets every client that has not had its whole answer. */
  abort(): void;
}
