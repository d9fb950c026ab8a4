import type { EntryFigures, ListWish } from "../cache/listing.ts";
import type { Purged, PurgeOptions } from "../cache/purge.ts";
import type { Deferred } from "../deferred/mod.ts";

/** Answers were purged from memory, but not from a second level, which could not be reached. */
export class HalfPurgedError extends Error {
  override readonly name = "HalfPurgedError";

  constructor(cause: unknown) {
    super(`Purged from the memory of this process only: ${(cause as Error).message}`, { cause });
  }
}

/**
 * An operator's view of the answers that a service keeps. A purge fires once the second levels have dropped them, too;
 * if one of those cannot be reached, it fails with HalfPurgedError.
 */
export interface KeptAnswers {
  /** Drops all answers. */
  purge(options?: PurgeOptions): Deferred<Purged>;
  /** Drops the answer to a request as an operator typed it, with or without its terminator. */
  purgeAsked(typed: Uint8Array, options?: PurgeOptions): Deferred<Purged>;
  /** Drops all answers whose keys match. */
  purgeMatching(matches: (key: string) => boolean, options?: PurgeOptions): Deferred<Purged>;
  /** Describes the first answers in the order of `wish`. */
  list(wish: ListWish): Deferred<EntryFigures[]>;
  /** Describes the answers to a request as an operator typed it. */
  describeAsked(typed: Uint8Array): EntryFigures[];
}
