import type { Deferred } from "../deferred/mod.ts";
import type { Clock } from "../time/clock.ts";
import { freshness, type Freshness } from "./freshness.ts";
import type { Entry, MemoryStore } from "./memory-store.ts";

/** A description of an entry. */
export interface EntryFigures {
  readonly key: string;
  /** With its key and overhead. */
  readonly bytes: number;
  /** Milliseconds since it was stored. */
  readonly age: number;
  /** Milliseconds left of its ttl; negative: how long it has been over. */
  readonly left: number;
  /** How many times it was served. */
  readonly hits: number;
  readonly freshness: Freshness;
  /** Milliseconds until a failed refresh may be retried; absent: none has failed. */
  readonly heldFor?: number;
  /** The number of the fetch that it came from. */
  readonly number: number;
}

/** The most entries that are listed at once. */
export const MOST_LISTED = 10_000;

/** What to sort entries by. */
export type Order = "bytes" | "hits" | "age";

/** Which entries to list. */
export interface ListWish {
  /** Which keys; default: all. */
  readonly matches?: ((key: string) => boolean) | undefined;
  /** Largest first; for `age`, the oldest. */
  readonly order: Order;
  /** Maximum number of entries. */
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

/** Describes the first entries in the order of `wish`, a slice of the keys per turn of the event loop. */
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

/** How many entries are collected beyond twice the limit, so that short lists are not sorted for every key. */
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
