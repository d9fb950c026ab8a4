import type { Answer } from "../cache/cache.ts";
import type { Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { Crowd } from "./visit/crowd.ts";
import type { BadRequest } from "./visit/asking.ts";
import type { LibraryError } from "./poems/poem-library.ts";
import type { TransformError } from "./transform/transformation.ts";
import type { FetchError } from "./fetch/trip.ts";

/** Something that listens: started once, drained or aborted once. */
export interface Service {
  /** Clients connected now. */
  readonly clients: number;
  /** Opens the port. Fires with where it listens; fails with ListenError, or with why it has nothing to serve. */
  start(): Deferred<Address>;
  /** Takes no new clients; fires when those that are there have been served. */
  drain(): Deferred<void>;
  /** Resets every client that has not had its whole answer. */
  abort(): void;
}

/**
 * A client in an event: its address costs a system call and memory, so it is looked up only by who wants it. Of one that
 * has left it is known only if somebody looked while it was there.
 */
export interface Client {
  readonly peer: Address;
}

/** How a client is answered: from the cache, by a fetch it shares, or (`pass`) by one of its own. */
export type Answered = Answer | "pass";

/** What a service has to tell whoever watches it. */
export type ServiceEvent =
  | { readonly what: "serving"; readonly poem: string; readonly address: Address }
  | { readonly what: "serving-titles"; readonly directory: string; readonly address: Address }
  | { readonly what: "proxying"; readonly upstream: Address; readonly address: Address }
  | { readonly what: "serving-transforms"; readonly count: number; readonly address: Address }
  | { readonly what: "proxying-transforms"; readonly upstream: Address; readonly address: Address }
  /** A client connected and was answered, or waits for a fetch. */
  | { readonly what: Answered; readonly client: Client }
  /** A client was reset because of what it asked, or did not ask in time. */
  | { readonly what: "bad-request"; readonly why: BadRequest; readonly client: Client }
  /** A client was reset as soon as it came: there are too many, or too many from its address. */
  | { readonly what: "turned-away"; readonly reason: Crowd; readonly client: Client }
  /** A poem is being sent to a client that asked a poem server. */
  | { readonly what: "sending"; readonly bytes: number; readonly client: Client }
  /** A client asked for the list of titles, and is sent that many. */
  | { readonly what: "listing"; readonly titles: number; readonly client: Client }
  /** A client asked for a poem that is not there, and is told so. `title` has a bounded length. */
  | { readonly what: "unknown-title"; readonly title: string; readonly client: Client }
  /** A client was reset because the directory or a poem in it could not be read. */
  | { readonly what: "library-failed"; readonly error: LibraryError; readonly client: Client }
  /** A file that looks like a poem is not served. */
  | { readonly what: "skipped"; readonly file: string; readonly reason: string }
  /** A poem of so many bytes was transformed by each of these, one after the other. */
  | {
      readonly what: "transformed";
      readonly names: readonly string[];
      readonly bytes: number;
      readonly ms: number;
    }
  | { readonly what: "transform-failed"; readonly error: TransformError; readonly ms: number }
  /** A client's connection was ended in order without an answer: that is its protocol's word for a bad request. */
  | { readonly what: "declined"; readonly why: BadRequest; readonly client: Client }
  | { readonly what: "fetching"; readonly upstream: Address }
  /** An attempt failed, and another one begins. */
  | { readonly what: "retrying"; readonly upstream: Address; readonly attempt: number }
  /** The upstream took the connection, `ms` after the first attempt. */
  | { readonly what: "connected"; readonly upstream: Address; readonly ms: number }
  /** `ms`: from the first attempt to connect until the end of the answer. */
  | { readonly what: "fetched"; readonly upstream: Address; readonly bytes: number; readonly ms: number }
  | {
      readonly what: "fetch-failed";
      readonly upstream: Address;
      readonly error: FetchError;
      readonly ms: number;
    }
  /** A client was reset because its answer failed. */
  | { readonly what: "refused"; readonly client: Client }
  /** A client went away while it waited for a fetch, which goes on. */
  | { readonly what: "left"; readonly client: Client }
  /** A bug of ours; the connection it happened on has been reset. */
  | { readonly what: "bug"; readonly error: unknown };

/** Told of everything, at the moment it happens; must not throw or wait. */
export type Observer = (event: ServiceEvent) => void;
