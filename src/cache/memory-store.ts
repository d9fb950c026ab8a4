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

/** A value that knows whether it is in a store. */
export interface Kept {
  /** Whether it is an entry now; the store keeps it true. */
  isKept?: boolean;
}

export interface StoreLimits<V> {
  /** Bytes for keys, values and overhead together. */
  readonly maxBytes: number;
  /** How many entries; Infinity: as many as there is room for. */
  readonly maxEntries: number;
  /** The bytes of a value. */
  readonly weigh: (value: V) => number;
  /**
   * Makes room for an entry of so many bytes where something else shares the room: by calling `evict` of this store or
   * others. Gives whether there is room. Default: there is nothing else.
   */
  readonly makeRoom?: (bytes: number) => boolean;
  /** Told of a value that is not an entry any more. */
  readonly dropped?: (value: V) => void;
}

/** What an entry takes besides the bytes of its key and its value, at the most: 300 to 430 were measured. */
export const ENTRY_OVERHEAD = 512;

/** What became of an entry: a later fetch was faster, it is larger than the whole store, or other things take the room. */
export type Put = "stored" | "superseded" | "too_large" | "no_room";

/** Entries by key, in bounded memory: the least recently used make room. */
export class MemoryStore<V extends { readonly number: number } & Kept> {
  readonly #limits: StoreLimits<V>;
  readonly #entries: LRUCache<string, Entry<V>>;

  constructor(limits: StoreLimits<V>) {
    this.#limits = limits;
    this.#entries = new LRUCache({
      maxSize: limits.maxBytes, // Not `max` for the number of entries: it would allocate room for all of them now.
      dispose: ({ value }) => this.#noteDropped(value),
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
    const { maxBytes, maxEntries, makeRoom } = this.#limits;
    const bytes = this.#weigh(key, entry);
    this.#entries.delete(key);
    if (bytes > maxBytes) return "too_large";
    if (makeRoom?.(bytes) === false) return "no_room";
    entry.value.isKept = true;
    this.#entries.set(key, entry, { size: bytes });
    while (this.size > maxEntries) this.evict();
    return "stored";
  }

  /** Gives the least recently used entry up; false if there is none. */
  evict(): boolean {
    return this.#entries.pop() !== undefined;
  }

  /** Removes the entry of a key if it comes from an earlier fetch than `number`: something newer is known. */
  drop(key: string, number: number): void {
    const present = this.#entries.peek(key);
    if (present && present.value.number < number) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #weigh(key: string, { value }: Entry<V>): number {
    // Twice: one character above 255 makes a string take two bytes for each, and keys without terminator have one.
    return this.#limits.weigh(value) + 2 * key.length + ENTRY_OVERHEAD;
  }

  #noteDropped(value: V): void {
    value.isKept = false;
    this.#limits.dropped?.(value);
  }
}
