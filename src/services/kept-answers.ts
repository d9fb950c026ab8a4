import type { EntryFigures, ListWish } from "../cache/listing.ts";
import type { Purged, PurgeOptions } from "../cache/purge.ts";
import type { Deferred } from "../deferred/mod.ts";

/** Answers were purged from memory, but a second level could not be reached. */
export class HalfPurgedError extends Error {
  override readonly name = "HalfPurgedError";

  constructor(cause: unknown) {
    super(`Purged from the memory of this process only: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The answers that a service keeps, as its operator sees them. A purge fires once second levels have forgotten them, too;
 * if one of those cannot be reached, it fails with HalfPurgedError.
 */
export interface KeptAnswers {
  /** Forgets all. */
  purge(options?: PurgeOptions): Deferred<Purged>;
  /** Forgets the answer to the request in these bytes, which need no terminator. */
  purgeAsked(typed: Uint8Array, options?: PurgeOptions): Deferred<Purged>;
  /** Forgets the answers whose keys match. Fires when all of them are gone. */
  purgeMatching(matches: (key: string) => boolean, options?: PurgeOptions): Deferred<Purged>;
  /** Describes the first answers in some order. */
  list(wish: ListWish): Deferred<EntryFigures[]>;
  /** Describes the answers to the request in these bytes. */
  describeAsked(typed: Uint8Array): EntryFigures[];
}
