import type { Deferred } from "../deferred/mod.ts";
import type { Clock } from "../time/clock.ts";
import type { Entry, MemoryStore } from "./memory-store.ts";

/** The result of a purge. */
export interface Purged {
  /** Entries that were removed, or made to be past their ttl. */
  readonly entries: number;
  /** Fetches under way whose answers will not be kept. */
  readonly flights: number;
}

/** How to purge. */
export interface PurgeOptions {
  /** Whether entries may still stand in for a failed fetch, as long as their `staleIfError` allows. */
  readonly isSoft?: boolean;
}

/** The part of a store that a purge needs. */
type Store = Pick<MemoryStore<Numbered>, "walk" | "peek" | "remove">;

interface Numbered {
  readonly number: number;
}

/** Removes the entry of a key, or lets it expire. Returns whether there was one. */
export function purgeKey(store: Store, key: string, now: number, options: PurgeOptions): boolean {
  const entry = store.peek(key);
  if (entry) purgeEntry(store, key, entry, now, options);
  return entry !== undefined;
}

/** Purges the matching entries, a slice per turn of the event loop. Fires with their number. */
export function purgeMatching(
  store: Store,
  clock: Clock,
  matches: (key: string) => boolean,
  options: PurgeOptions,
): Deferred<number> {
  let entries = 0;
  return store
    .walk(clock, (key, entry) => {
      if (!matches(key)) return;
      purgeEntry(store, key, entry, clock.now(), options);
      entries++;
    })
    .addCallback(() => entries);
}

function purgeEntry(
  store: Store,
  key: string,
  entry: Entry<Numbered>,
  now: number,
  { isSoft }: PurgeOptions,
): void {
  const { ttl, staleIfError = 0 } = entry.lifetime;
  if (!isSoft || staleIfError === 0) {
    store.remove(key, "purged");
  } else if (ttl > 0) {
    const fresh = Math.min(ttl, now - entry.storedAt); // One past its ttl is kept no longer than before.
    entry.lifetime = { ttl: 0, grace: 0, staleIfError: fresh + staleIfError };
  }
}
