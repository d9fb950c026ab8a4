import type { FetchRecord } from "./record.ts";

/** What is told of fetches. */
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
  /** A bug of ours. */
  readonly bug: unknown;
}
