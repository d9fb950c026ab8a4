import type { Address } from "../../net/address.ts";
import type { FetchError } from "./errors.ts";
import type { FetchRecord } from "./record.ts";

/** An address, and the upstream it belongs to. */
export interface Asked {
  readonly upstream: Address;
  readonly address: Address;
}

export interface Held extends Asked {
  /** Milliseconds. */
  readonly ms: number;
  /** Why. */
  readonly error: FetchError;
}

/** Events of fetches. */
export interface FetchEvents {
  /** Its turn has come. */
  readonly fetching: FetchRecord;
  /** An attempt failed, and another one begins. */
  readonly retrying: FetchRecord;
  /** The upstream took the connection. */
  readonly connected: FetchRecord;
  /** The answer is whole. */
  readonly fetched: FetchRecord;
  /** There is no answer: `error` says why. */
  readonly fetchFailed: FetchRecord;
  /** An address is avoided for a while. */
  readonly held: Held;
  /** An address that was avoided gave an answer. */
  readonly released: Asked;
  /** A name could not be resolved; its previous addresses are still used. */
  readonly lookUpFailed: {
    readonly host: string;
    /** Why. */
    readonly detail: string;
    readonly addresses: readonly string[];
  };
  /** A bug of ours. */
  readonly bug: unknown;
}
