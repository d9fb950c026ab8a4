import type { Deferred } from "../deferred/mod.ts";
import type { Clock } from "../time/clock.ts";
import { freshness, type Freshness } from "./freshness.ts";
import type { Entry, MemoryStore } from "./memory-store.ts";

/** A description of an entry. */
export interface EntryFigures {
  readonly key: string;
  /** Including its key and the overhead. */
  readonly bytes: number;
  /** Milliseconds since it was stored. */
  readonly age: number;
  /** Milliseconds until its ttl is over; negative: since then. */
  readonly left: number;
  /** How many times it was served. */
  readonly hits: number;
  readonly freshness: Freshness;
  /** Milliseconds until a failed refresh is tried again; absent: it has not failed. */
  readonly heldFor?: number;
  /** The number of the fetch it comes from. */
  readonly number: number;
}

/** The most entries that are listed at once. */
export const MOST_LISTED = 10_000;

export type Order = "bytes" | "hits" | "age";

export interface ListWish {
  /** Default: all. */
  readonly matches?: ((key: string) => boolean) | undefined;
  /** Largest first; the oldest for `age`. */
  readonly order: Order;
  /** How many at most. */
  readonly limit: number;
}

interface Listed {
  readonly number: number;
  readonly fetch?: number;
}

type Store = Pick<MemoryStore<Listed>, "walk" | "peek" | "weigh">;

/** Describes the entry of a key, if there is one. */
export function describeEntry(store: Store, key: string, now: number): EntryFigures | undefined {
  const entry = store.peek(key);
  return entry && figuresOf(store, key, entry, now);
}

/** Describes the first entries in some order, a slice of the keys in every turn of the event loop. */
export function listEntries(store: Store, clock: Clock, wish: ListWish): Deferred<EntryFigures[]> {
  const { matches, order, limit } = wish;
  const now = clock.now();
  let found: EntryFigures[] = [];
  const first = () => found.toSorted((a, b) => b[order] - a[order]).slice(0, limit);
  return store
    .walk(clock, (key, entry) => {
      if (matches?.(key) === false) return;
      found.push(figuresOf(store, key, entry, now));
      if (found.length >= 2 * limit + SPARE) found = first();
    })
    .addCallback(first);
}

/** So that short lists are not sorted for every key. */
const SPARE = 1000;

function figuresOf(store: Store, key: string, entry: Entry<Listed>, now: number): EntryFigures {
  const { value, storedAt, lifetime, hits, holdDown } = entry;
  const age = now - storedAt;
  return {
    key,
    bytes: store.weigh(key, entry),
    age,
    left: lifetime.ttl - age,
    hits,
    freshness: freshness(age, lifetime),
    ...(holdDown && holdDown.until > now && { heldFor: holdDown.until - now }),
    number: value.fetch ?? value.number,
  };
}
