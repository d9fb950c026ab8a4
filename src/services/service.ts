import type { Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { Port } from "../net/port.ts";

/** Something that listens: started once, drained or aborted once. */
export interface Service {
  /** Clients connected now. */
  readonly clients: number;
  /** Where it is to listen. */
  readonly wanted: readonly Address[];
  /** Opens its ports and tells of them. Fires with the first one's address; fails with ListenError. */
  start(): Deferred<Address>;
  /** Serves those who come to these ports from now on, instead of those before: these stay open, for others or to be closed. */
  usePorts(ports: readonly Port[]): void;
  /** Tells where it listens. */
  announce(): void;
  /** Takes no new clients; fires when those that are there have been served. */
  drain(): Deferred<void>;
  /** Resets every client that has not had its whole answer. */
  abort(): void;
}
