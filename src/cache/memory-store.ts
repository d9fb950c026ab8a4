import { LRUCache } from "lru-cache";
import type { Lifetime } from "./freshness.ts";
import type { HoldDown } from "./hold-down.ts";

/** A value, and when it came. */
export interface Entry<V> {
  readonly value: V;
  /** The clock's milliseconds. */
  readonly storedAt: number;
  /** How long it may be served: what its value says, unless a purge has changed it. */
  lifetime: Lifetime;
  /** How many times it was served. */
  hits: number;
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

/** What an entry takes besides the bytes of its key and its value, at the most: 330 to 460 were measured. */
export const ENTRY_OVERHEAD = 512;

/** What became of an entry: a later fetch was faster, or it is larger than the whole store. */
export type Put = "stored" | "superseded" | "too_large";

/** Why entries go: to make room, for a newer one, or because somebody said so. */
export type Leaving = "memory" | "replaced" | "purged";

/** Entries by key, in bounded memory: the least recently used make room. */
export class MemoryStore<V extends { readonly number: number }> {
  readonly #limits: StoreLimits<V>;
  readonly #left: (entry: Entry<V>, why: Leaving) => void;
  #entries: LRUCache<string, Entry<V>>;
  /** The keys once more: an LRUCache cannot be walked in slices. */
  #keys = new Set<string>();
  #why: Leaving = "purged";

  /** @param left told of each entry that goes; not of those that `clear` removes */
  constructor(limits: StoreLimits<V>, left: (entry: Entry<V>, why: Leaving) => void = () => {}) {
    this.#limits = limits;
    this.#left = left;
    this.#entries = this.#empty();
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

  /** The entry, which thereby becomes the most recently used. */
  get(key: string): Entry<V> | undefined {
    return this.#entries.get(key);
  }

  /** The entry, which stays where it is. */
  peek(key: string): Entry<V> | undefined {
    return this.#entries.peek(key);
  }

  /** The bytes of an entry with its key. */
  weigh(key: string, { value }: Entry<V>): number {
    // Twice: one character above 255 makes a string take two bytes for each, and keys without terminator have one.
    return this.#limits.weigh(value) + 2 * key.length + ENTRY_OVERHEAD;
  }

  /** Puts an entry in, unless a fetch with a larger number did before. */
  put(key: string, entry: Entry<V>): Put {
    const present = this.#entries.peek(key);
    if (present && present.value.number > entry.value.number) return "superseded";
    this.#entries.set(key, entry);
    if (!this.#entries.has(key)) {
      this.#keys.delete(key);
      return "too_large";
    }
    this.#keys.add(key);
    return "stored";
  }

  /** Removes the entry, if there is one. */
  remove(key: string, why: Leaving): boolean {
    this.#why = why;
    return this.#entries.delete(key);
  }

  /** Removes all, in one step however many there are. */
  clear(): void {
    this.#entries = this.#empty();
    this.#keys = new Set();
  }

  #empty(): LRUCache<string, Entry<V>> {
    const { maxBytes, maxEntries } = this.#limits;
    return new LRUCache({
      maxSize: maxBytes,
      ...(maxEntries !== Infinity && { max: maxEntries }),
      sizeCalculation: (entry, key) => this.weigh(key, entry),
      dispose: (entry, key, reason) => {
        if (reason !== "set") this.#keys.delete(key);
        this.#left(entry, reason === "delete" ? this.#why : reason === "set" ? "replaced" : "memory");
      },
    });
  }
}
