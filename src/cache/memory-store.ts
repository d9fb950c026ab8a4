import { LRUCache } from "lru-cache";
import type { Clock } from "../time/clock.ts";
import type { Lifetime } from "./freshness.ts";
import type { HoldDown } from "./hold-down.ts";

/** A value, and when it was stored. */
export interface Entry<V> {
  readonly value: V;
  /** The clock's milliseconds. */
  readonly storedAt: number;
  /** How long it may be served: as its value says, unless a purge has changed that. */
  lifetime: Lifetime;
  /** How many times it was served. */
  hits: number;
  /** Its refresh has failed. */
  holdDown?: HoldDown;
}

/** A value that knows whether it is in a store. */
export interface Kept {
  /** Whether it is an entry now; the store keeps it true. */
  isKept?: boolean;
}

export interface StoreLimits<V> {
  /** Bytes for keys, values and overhead together. */
  readonly maxBytes: number;
  /** The most entries; Infinity: as many as there is room for. */
  readonly maxEntries: number;
  /** The bytes of a value. */
  readonly weigh: (value: V) => number;
  /**
   * Makes room for an entry of that many bytes in memory shared with others, by calling `evict` of this store or of others.
   * Returns whether there is room. Default: the memory is not shared.
   */
  readonly makeRoom?: (bytes: number) => boolean;
  /** Called with a value that is no longer an entry. */
  readonly dropped?: (value: V) => void;
}

/** The most bytes an entry takes besides its key and its value: 330 to 460 were measured. */
export const ENTRY_OVERHEAD = 512;

/** Why an entry was not stored: a later fetch was faster, it is larger than the whole store, or others use the memory. */
export type Put = "stored" | "superseded" | "too_large" | "no_room";

/** Why entries go: to make room, replaced by a newer one, or purged. */
export type Leaving = "memory" | "replaced" | "purged";

/** Always the same object, because LRUCache would make a new one for each `get`. */
const AS_USUAL = {};

/** How many entries are evicted in one turn of the event loop after a limit was lowered. */
const SLICE = 1024;

/** Entries by key, in bounded memory: the least recently used are evicted. */
export class MemoryStore<V extends { readonly number: number } & Kept> {
  #limits: StoreLimits<V>;
  readonly #entries: LRUCache<string, Entry<V>>;
  readonly #left: (entry: Entry<V>, why: Leaving) => void;
  /** The keys once more: an LRUCache cannot be walked in slices. */
  readonly #keys = new Set<string>();
  /** Why entries go at the moment. */
  #why: Leaving = "memory";

  /** @param left called with each entry that goes */
  constructor(limits: StoreLimits<V>, left: (entry: Entry<V>, why: Leaving) => void = () => {}) {
    this.#limits = limits;
    this.#left = left;
    this.#entries = new LRUCache({
      // The limits of LRUCache are fixed, and its `max` would allocate room for all entries now.
      maxSize: Number.MAX_SAFE_INTEGER,
      dispose: (entry, key) => this.#noteDropped(key, entry),
    });
  }

  /** Entries now. */
  get size(): number {
    return this.#entries.size;
  }

  /** Bytes now. */
  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  /** The keys of all entries, the oldest first. */
  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  /** The entry, which stays where it is. */
  peek(key: string): Entry<V> | undefined {
    return this.#entries.peek(key);
  }

  /** The entry, which becomes the most recently used. */
  get(key: string): Entry<V> | undefined {
    return this.#entries.get(key, AS_USUAL);
  }

  /** Stores an entry, unless one from a fetch with a larger number is there already. */
  put(key: string, entry: Entry<V>): Put {
    const present = this.#entries.peek(key);
    if (present && present.value.number > entry.value.number) return "superseded";
    const { maxBytes, makeRoom } = this.#limits;
    const bytes = this.weigh(key, entry);
    this.remove(key, "replaced");
    if (bytes > maxBytes) return "too_large";
    if (makeRoom?.(bytes) === false) return "no_room";
    entry.value.isKept = true;
    this.#keys.add(key);
    this.#entries.set(key, entry, { size: bytes });
    this.#shrink();
    return "stored";
  }

  /** Changes the limits. Excess entries are evicted in slices: a million at once would take a third of a second. */
  resize(limits: Pick<StoreLimits<V>, "maxBytes" | "maxEntries">, clock: Pick<Clock, "nextTurn">): void {
    this.#limits = { ...this.#limits, ...limits };
    const shrink = () => {
      this.#shrink();
      if (this.#isTooLarge) clock.nextTurn(shrink);
    };
    shrink();
  }

  /** Evicts the least recently used entry; false if there is none. */
  evict(): boolean {
    return this.#entries.pop() !== undefined;
  }

  /** Removes the entry of a key if it comes from an earlier fetch than `number`, because something newer is known. */
  drop(key: string, number: number): void {
    const present = this.#entries.peek(key);
    if (present && present.value.number < number) this.remove(key, "replaced");
  }

  /** Removes the entry of a key, if there is one. */
  remove(key: string, why: Leaving): boolean {
    this.#why = why;
    const isRemoved = this.#entries.delete(key);
    this.#why = "memory";
    return isRemoved;
  }

  clear(): void {
    this.#why = "purged";
    this.#entries.clear();
    this.#why = "memory";
  }

  /** The bytes of an entry with its key. */
  weigh(key: string, { value }: Entry<V>): number {
    // Times two: one character above 255 makes a string take two bytes per character, and keys without a terminator have one.
    return this.#limits.weigh(value) + 2 * key.length + ENTRY_OVERHEAD;
  }

  get #isTooLarge(): boolean {
    return this.bytes > this.#limits.maxBytes || this.size > this.#limits.maxEntries;
  }

  #shrink(): void {
    for (let left = SLICE; left > 0 && this.#isTooLarge; left--) this.evict();
  }

  #noteDropped(key: string, entry: Entry<V>): void {
    const { value } = entry;
    value.isKept = false;
    this.#keys.delete(key);
    this.#left(entry, this.#why);
    this.#limits.dropped?.(value);
  }
}
