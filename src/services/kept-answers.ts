import type { EntryFigures, ListWish } from "../cache/listing.ts";
import type { Purged, PurgeOptions } from "../cache/purge.ts";
import type { Deferred } from "../deferred/mod.ts";

/** Answers have been purged from memory, but a second level could not be told. */
export class HalfPurgedError extends Error {
  override readonly name = "HalfPurgedError";

  constructor(cause: unknown) {
    super(`Purged from the memory of this process only: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The answers that a service keeps, for whoever looks after it. A purge fires when second levels have forgotten them, too; where
 * one of them cannot be told it fails with HalfPurgedError.
 */
export interface KeptAnswers {
  /** Forgets all. */
  purge(options?: PurgeOptions): Deferred<Purged>;
  /** Forgets what was asked for by these bytes, which need no terminator. */
  purgeAsked(typed: Uint8Array, options?: PurgeOptions): Deferred<Purged>;
  /** Forgets what has a key that matches. Fires when all of it is gone. */
  purgeMatching(matches: (key: string) => boolean, options?: PurgeOptions): Deferred<Purged>;
  /** What is known of the first answers in some order. */
  list(wish: ListWish): Deferred<EntryFigures[]>;
  /** What is known of the answers to what these bytes ask. */
  describeAsked(typed: Uint8Array): EntryFigures[];
}
