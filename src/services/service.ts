import type { Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { DrainOptions } from "../net/listen.ts";
import type { Port } from "../net/port.ts";
import type { Figures } from "./figures.ts";
import type { Holds } from "./holds.ts";
import type { KeptAnswers } from "./kept-answers.ts";

/** Something that listens: started once, drained or aborted once. */
export interface Service {
  /** Clients connected now. */
  readonly clients: number;
  /** What it is like at the moment. */
  figures(): Figures;
  /** Whom it does not ask; absent: it asks nobody, or cannot leave out anybody. */
  readonly holds?: Holds;
  /** The answers that it keeps; absent: none. */
  readonly kept?: KeptAnswers;
  /** How many of them have not got their whole answer: the others only have not hung up. */
  readonly unserved: number;
  /** Where it is to listen. */
  readonly wanted: readonly Address[];
  /** Opens its ports and tells of them. Fires with the first one's address; fails with ListenError. */
  start(): Deferred<Address>;
  /** Serves those who come to these ports from now on, instead of those before: these stay open, for others or to be closed. */
  usePorts(ports: readonly Port[]): void;
  /** Tells where it listens. */
  announce(): void;
  /** Somebody else is in its place: it only has to serve the clients that it has, and keeps nothing any more. */
  retire(): void;
  /** Takes no new clients; fires when those that are there have been served. */
  drain(how?: DrainOptions): Deferred<void>;
  /** Resets every client that has not had its whole answer. */
  abort(): void;
}
