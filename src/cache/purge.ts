import type { Deferred } from "../deferred/mod.ts";
import type { Clock } from "../time/clock.ts";
import type { MemoryStore } from "./memory-store.ts";
import { walk } from "./walk.ts";

/** The result of a purge. */
export interface Purged {
  /** Entries that are gone, or past their ttl. */
  readonly entries: number;
  /** Fetches under way whose answers will not be kept. */
  readonly flights: number;
}

export interface PurgeOptions {
  /** Whether entries may still stand in for a fetch that fails, for as long as their `staleIfError` says. */
  readonly isSoft?: boolean;
}

/** The part of a store that a purge needs. */
type Store = Pick<MemoryStore<{ readonly number: number }>, "keys" | "peek" | "remove">;

/** Removes the entry of a key, or lets it expire. Returns whether there was one. */
export function purgeEntry(store: Store, key: string, now: number, { isSoft }: PurgeOptions): boolean {
  const entry = store.peek(key);
  if (!entry) return false;
  const { ttl, staleIfError = 0 } = entry.lifetime;
  if (!isSoft || staleIfError === 0) return store.remove(key, "purged");
  const fresh = Math.min(ttl, now - entry.storedAt); // One past its ttl is kept no longer than before.
  if (ttl > 0) entry.lifetime = { ttl: 0, grace: 0, staleIfError: fresh + staleIfError };
  return true;
}

/** Purges the matching entries, a slice in every turn of the event loop. Fires with their number. */
export function purgeMatching(
  store: Store,
  clock: Clock,
  matches: (key: string) => boolean,
  options: PurgeOptions,
): Deferred<number> {
  let entries = 0;
  return walk(clock, store.keys, (key) => {
    if (matches(key) && purgeEntry(store, key, clock.now(), options)) entries++;
  }).addCallback(() => entries);
}
