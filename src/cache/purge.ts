import type { Deferred } from "../deferred/mod.ts";
import type { Clock } from "../time/clock.ts";
import type { MemoryStore } from "./memory-store.ts";
import { walk } from "./walk.ts";

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

/** What a purge needs of a store. */
type Store = Pick<MemoryStore<{ readonly number: number }>, "keys" | "peek" | "remove">;

/** Removes the entry of a key or, in a soft purge, makes it be past its ttl. Returns whether there was one. */
export function purgeEntry(store: Store, key: string, now: number, { isSoft }: PurgeOptions): boolean {
  const entry = store.peek(key);
  if (!entry) return false;
  const { ttl, staleIfError = 0 } = entry.lifetime;
  if (!isSoft || staleIfError === 0) return store.remove(key, "purged");
  const fresh = Math.min(ttl, now - entry.storedAt); // An entry past its ttl is kept no longer than before.
  if (ttl > 0) entry.lifetime = { ttl: 0, grace: 0, staleIfError: fresh + staleIfError };
  return true;
}

/** Purges the matching entries, a slice per turn of the event loop. Fires with their number. */
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
