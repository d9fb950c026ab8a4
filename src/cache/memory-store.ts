import { LRUCache } from "lru-cache";
import type { Lifetime } from "./freshness.ts";
import type { HoldDown } from "./hold-down.ts";

/** An answer that was whole, and when and by which fetch it came. */
export interface Entry<V> {
  readonly value: V;
  readonly lifetime: Lifetime;
  /** The clock's milliseconds. */
  readonly storedAt: number;
  /** The number of the fetch: a larger one began later. */
  readonly sequence: number;
  /** Its refresh has failed. */
  holdDown?: HoldDown;
}

export interface StoreLimits<V> {
  /** Bytes for keys, values and overhead together. */
  readonly maxBytes: number;
  /** How many entries; Infinity: as many as there is room for. */
  readonly maxEntries: number;
  /** The bytes of a value. */
  readonly weigh: (value: V) => number;
}

/** What an entry takes besides the bytes of its key and its value, at the most: 300 to 430 were measured. */
export const ENTRY_OVERHEAD = 512;

/** Entries by key, in bounded memory: the least recently used make room. */
export class Store<V> {
  readonly #entries: LRUCache<string, Entry<V>>;

  constructor({ maxBytes, maxEntries, weigh }: StoreLimits<V>) {
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      ...(maxEntries !== Infinity && { max: maxEntries }),
      // Twice: one character above 255 makes a string take two bytes for each, and keys without terminator have one.
      sizeCalculation: ({ value }, key) => weigh(value) + 2 * key.length + ENTRY_OVERHEAD,
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

  /** The entry, which thereby becomes the most recently used. */
  get(key: string): Entry<V> | undefined {
    return this.#entries.get(key);
  }

  /** Puts an entry in; false if a later fetch was faster, or if the entry is larger than the whole store. */
  put(key: string, entry: Entry<V>): boolean {
    const present = this.#entries.peek(key);
    if (present && present.sequence > entry.sequence) return false;
    this.#entries.set(key, entry);
    return this.#entries.has(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
