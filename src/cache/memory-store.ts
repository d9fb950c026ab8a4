import { LRUCache } from "lru-cache";
import type { HoldDown } from "./hold-down.ts";

/** A value, and when it came. */
export interface Entry<V> {
  readonly value: V;
  /** The clock's milliseconds. */
  readonly storedAt: number;
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

/** What became of an entry: a later fetch was faster, or it is larger than the whole store. */
export type Put = "stored" | "superseded" | "too_large";

/** Entries by key, in bounded memory: the least recently used make room. */
export class MemoryStore<V extends { readonly number: number }> {
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

  /** Puts an entry in, unless a fetch with a larger number did before. */
  put(key: string, entry: Entry<V>): Put {
    const present = this.#entries.peek(key);
    if (present && present.value.number > entry.value.number) return "superseded";
    this.#entries.set(key, entry);
    return this.#entries.has(key) ? "stored" : "too_large";
  }

  /** Removes the entry of a key if it comes from an earlier fetch than `number`: something newer is known. */
  drop(key: string, number: number): void {
    const present = this.#entries.peek(key);
    if (present && present.value.number < number) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
