import type { Cache } from "../../cache/cache.ts";
import type { Loaded } from "../../cache/load.ts";
import type { EntryFigures, ListWish } from "../../cache/listing.ts";
import type { Purged, PurgeOptions } from "../../cache/purge.ts";
import { FirstError, gatherResults, succeed, type Deferred } from "../../deferred/mod.ts";
import { toLatin1 } from "../../protocols/bytes.ts";
import { HalfPurgedError, type KeptAnswers } from "../kept-answers.ts";
import { forgetIn, NO_LEVELS, type SecondLevels } from "./second-levels.ts";

/** The answers of a proxy by their requests, as an operator types them. */
export class Kept<R, V extends Loaded> implements KeptAnswers {
  readonly #cache: Cache<R, V>;
  readonly #keysOf: (typed: Uint8Array) => readonly string[];
  readonly #levels: SecondLevels;

  /** @param keysOf the keys that a typed request may have */
  constructor(
    cache: Cache<R, V>,
    keysOf: (typed: Uint8Array) => readonly string[],
    levels: SecondLevels = NO_LEVELS,
  ) {
    this.#cache = cache;
    this.#keysOf = keysOf;
    this.#levels = levels;
  }

  purge(options: PurgeOptions = {}): Deferred<Purged> {
    return both(this.#cache.purge(options), forgetIn(this.#levels, "all"));
  }

  purgeAsked(typed: Uint8Array, options?: PurgeOptions): Deferred<Purged> {
    const keys = this.#keys(typed);
    const purged = keys.map((key) => this.#cache.purgeKey(key, options));
    const forgotten = keys.map((key) => forgetIn(this.#levels, { key }));
    const sum = {
      entries: purged.reduce((total, { entries }) => total + entries, 0),
      flights: purged.reduce((total, { flights }) => total + flights, 0),
    };
    return both(succeed(sum), gatherResults(forgotten, { consumeErrors: true }));
  }

  purgeMatching(matches: (key: string) => boolean, options?: PurgeOptions): Deferred<Purged> {
    const purged = this.#cache.purgeMatching(matches, options);
    return both(purged, forgetIn(this.#levels, { matches }));
  }

  list(wish: ListWish): Deferred<EntryFigures[]> {
    return this.#cache.list(wish);
  }

  describeAsked(typed: Uint8Array): EntryFigures[] {
    return this.#keys(typed).flatMap((key) => this.#cache.describe(key) ?? []);
  }

  /** The key itself is accepted, too, because that of a transformation is a digest of its request. */
  #keys(typed: Uint8Array): string[] {
    return [...new Set([...this.#keysOf(typed), toLatin1(typed)])];
  }
}

/** Fires with what was purged from memory, once the second levels have dropped it, too. Fails with HalfPurgedError. */
function both(purged: Deferred<Purged>, forgotten: Deferred): Deferred<Purged> {
  const everywhere = forgotten.addErrback((failure) => {
    let { value: error } = failure;
    while (error instanceof FirstError) error = error.cause;
    throw new HalfPurgedError(error);
  });
  return purged.addCallback((sum) => everywhere.addCallback(() => sum));
}
