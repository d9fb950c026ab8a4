import { LRUCache } from "lru-cache";
import type { Clock } from "../time/clock.ts";
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

/** How many entries make room in a turn of the event loop when there is suddenly less of it. */
const SLICE = 1024;

/** Entries by key, in bounded memory: the least recently used make room. */
export class MemoryStore<V extends { readonly number: number }> {
  readonly #weigh: (value: V) => number;
  /** Has limits of its own, but they are fixed, and one on the number of entries would allocate room for all of them now. */
  readonly #entries = new LRUCache<string, Entry<V>>({ maxSize: Number.MAX_SAFE_INTEGER });
  #maxBytes: number;
  #maxEntries: number;

  constructor({ maxBytes, maxEntries, weigh }: StoreLimits<V>) {
    this.#weigh = weigh;
    this.#maxBytes = maxBytes;
    this.#maxEntries = maxEntries;
  }

  /** Sets other limits. Where there is too much now, it goes in slices: a million entries at once would take a third of a second. */
  resize({ maxBytes, maxEntries }: Omit<StoreLimits<V>, "weigh">, clock: Pick<Clock, "nextTurn">): void {
    this.#maxBytes = maxBytes;
    this.#maxEntries = maxEntries;
    const shrink = () => {
      this.#makeRoom();
      if (this.#isTooLarge) clock.nextTurn(shrink);
    };
    shrink();
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
    // Twice: one character above 255 makes a string take two bytes for each, and keys without terminator have one.
    const size = this.#weigh(entry.value) + 2 * key.length + ENTRY_OVERHEAD;
    if (size > this.#maxBytes) {
      this.#entries.delete(key);
      return "too_large";
    }
    this.#entries.set(key, entry, { size });
    this.#makeRoom();
    return "stored";
  }

  /** Removes the entry of a key if it comes from an earlier fetch than `number`: something newer is known. */
  drop(key: string, number: number): void {
    const present = this.#entries.peek(key);
    if (present && present.value.number < number) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  get #isTooLarge(): boolean {
    return this.bytes > this.#maxBytes || this.size > this.#maxEntries;
  }

  #makeRoom(): void {
    for (let left = SLICE; left > 0 && this.#isTooLarge; left--) this.#entries.pop();
  }
}
