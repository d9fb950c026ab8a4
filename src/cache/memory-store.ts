import { LRUCache } from "lru-cache";
import type { Clock } from "../time/clock.ts";
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

/** What an entry takes besides the bytes of its key and its value, at the most: 330 to 460 were measured. */
export const ENTRY_OVERHEAD = 512;

/** What became of an entry: a later fetch was faster, it is larger than the whole store, or other things take the room. */
export type Put = "stored" | "superseded" | "too_large" | "no_room";

/** Why entries go: to make room, for a newer one, or because somebody said so. */
export type Leaving = "memory" | "replaced" | "purged";

/** How many entries make room in a turn of the event loop when there is suddenly less of it. */
const SLICE = 1024;

/** Entries by key, in bounded memory: the least recently used make room. */
export class MemoryStore<V extends { readonly number: number } & Kept> {
  #limits: StoreLimits<V>;
  readonly #entries: LRUCache<string, Entry<V>>;
  readonly #left: (entry: Entry<V>, why: Leaving) => void;
  /** The keys once more: an LRUCache cannot be walked in slices. */
  readonly #keys = new Set<string>();
  /** Why entries go at the moment. */
  #why: Leaving = "memory";

  /** @param left told of each entry that goes */
  constructor(limits: StoreLimits<V>, left: (entry: Entry<V>, why: Leaving) => void = () => {}) {
    this.#limits = limits;
    this.#left = left;
    this.#entries = new LRUCache({
      // Limits of its own are fixed, and `max`, for the number of entries, would allocate room for all of them now.
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

  /** The entry, which thereby becomes the most recently used. */
  get(key: string): Entry<V> | undefined {
    return this.#entries.get(key);
  }

  /** Puts an entry in, unless a fetch with a larger number did before. */
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

  /** Sets other limits. Where there is too much now, it goes in slices: a million entries at once would take a third of a second. */
  resize(limits: Pick<StoreLimits<V>, "maxBytes" | "maxEntries">, clock: Pick<Clock, "nextTurn">): void {
    this.#limits = { ...this.#limits, ...limits };
    const shrink = () => {
      this.#shrink();
      if (this.#isTooLarge) clock.nextTurn(shrink);
    };
    shrink();
  }

  /** Gives the least recently used entry up; false if there is none. */
  evict(): boolean {
    return this.#entries.pop() !== undefined;
  }

  /** Removes the entry of a key if it comes from an earlier fetch than `number`: something newer is known. */
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
    // Twice: one character above 255 makes a string take two bytes for each, and keys without terminator have one.
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
