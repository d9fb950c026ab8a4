import type { Address } from "../../net/address.ts";
import type { FetchError } from "./errors.ts";
import type { FetchRecord } from "./record.ts";

/** An address and the upstream it belongs to. */
export interface Asked {
  readonly upstream: Address;
  readonly address: Address;
}

/** An address that is avoided for a while. */
export interface Held extends Asked {
  /** Milliseconds. */
  readonly ms: number;
  /** The failure that led to it. */
  readonly error: FetchError;
}

/** Events of fetches. Records and errors are passed as they are, not copied. */
export interface FetchEvents {
  /** A fetch begins: it has got its turn. */
  readonly fetching: FetchRecord;
  /** An attempt failed and another one begins. */
  readonly retrying: FetchRecord;
  /** The upstream accepted the connection. */
  readonly connected: FetchRecord;
  /** The answer is complete. */
  readonly fetched: FetchRecord;
  /** There is no answer: `error` says why. */
  readonly fetchFailed: FetchRecord;
  /** An address is avoided for a while. */
  readonly held: Held;
  /** An address that was avoided gave an answer. */
  readonly released: Asked;
  /** A name could not be resolved; its previous addresses stay in use. */
  readonly lookUpFailed: {
    readonly host: string;
    /** Why it failed. */
    readonly detail: string;
    readonly addresses: readonly string[];
  };
  /** An error that only a bug in poetry explains. */
  readonly bug: unknown;
}
