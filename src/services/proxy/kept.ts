import type { Cache, Loaded } from "../../cache/cache.ts";
import type { EntryFigures, ListWish } from "../../cache/listing.ts";
import type { Purged, PurgeOptions } from "../../cache/purge.ts";
import type { Deferred } from "../../deferred/mod.ts";
import { toLatin1 } from "../../protocols/bytes.ts";
import type { KeptAnswers } from "../kept-answers.ts";

/** What is done with the answers of a proxy, as people name them. */
export class Kept<R, V extends Loaded> implements KeptAnswers {
  readonly #cache: Cache<R, V>;
  readonly #keysOf: (typed: Uint8Array) => readonly string[];

  /** @param keysOf the keys that a request may have which somebody typed */
  constructor(cache: Cache<R, V>, keysOf: (typed: Uint8Array) => readonly string[]) {
    this.#cache = cache;
    this.#keysOf = keysOf;
  }

  purge(options: PurgeOptions = {}): Deferred<Purged> {
    return this.purgeMatching(() => true, options); // Cache.purge() would take its time at a stretch.
  }

  purgeAsked(typed: Uint8Array, options?: PurgeOptions): Purged {
    const purged = this.#keys(typed).map((key) => this.#cache.purgeKey(key, options));
    return {
      entries: purged.reduce((sum, { entries }) => sum + entries, 0),
      flights: purged.reduce((sum, { flights }) => sum + flights, 0),
    };
  }

  purgeMatching(matches: (key: string) => boolean, options?: PurgeOptions): Deferred<Purged> {
    return this.#cache.purgeMatching(matches, options);
  }

  list(wish: ListWish): Deferred<EntryFigures[]> {
    return this.#cache.list(wish);
  }

  describeAsked(typed: Uint8Array): EntryFigures[] {
    return this.#keys(typed).flatMap((key) => this.#cache.describe(key) ?? []);
  }

  /** A key itself will do, too: that of a transformation is a digest, which nobody types. */
  #keys(typed: Uint8Array): string[] {
    return [...new Set([...this.#keysOf(typed), toLatin1(typed)])];
  }
}
