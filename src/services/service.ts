import type { Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
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
  /** Opens the port. Fires with where it listens; fails with ListenError, or with why it has nothing to serve. */
  start(): Deferred<Address>;
  /** Takes no new clients; fires when those that are there have been served. */
  drain(): Deferred<void>;
  /** Resets every client that has not had its whole answer. */
  abort(): void;
}
