import type { Deferred } from "../deferred/mod.ts";
import type { Clock } from "../time/clock.ts";
import type { Lifetime } from "./freshness.ts";
import type { HoldDown } from "./hold-down.ts";
import { KeyTable } from "./key-table.ts";
import { Recency } from "./recency.ts";
import { walk } from "./walk.ts";

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
  holdDown?: HoldDown | undefined;
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

/** How many entries are evicted in one turn of the event loop after a limit was lowered. */
const SLICE = 1024;

/** An entry with its place in the store: one object, because looking elsewhere in a large memory costs most of a hit. */
class Stored<V> implements Entry<V> {
  readonly value: V;
  readonly storedAt: number;
  lifetime: Lifetime;
  hits: number;
  holdDown: HoldDown | undefined;
  /** Its place in the order of use. */
  place = 0;

  constructor(
    readonly key: string,
    entry: Entry<V>,
    readonly bytes: number,
    /** How many walks had begun when it was stored. */
    readonly walks: number,
  ) {
    this.value = entry.value;
    this.storedAt = entry.storedAt;
    this.lifetime = entry.lifetime;
    this.hits = entry.hits;
    this.holdDown = entry.holdDown;
  }
}

/** Entries by key, in bounded memory: the least recently used are evicted. */
export class MemoryStore<V extends { readonly number: number } & Kept> {
  #limits: StoreLimits<V>;
  readonly #left: (entry: Entry<V>, why: Leaving) => void;
  readonly #entries = new KeyTable<Stored<V>>();
  readonly #recency = new Recency<Stored<V>>();
  #bytes = 0;
  #walks = 0;

  /** @param left called with each entry that goes */
  constructor(limits: StoreLimits<V>, left: (entry: Entry<V>, why: Leaving) => void = () => {}) {
    this.#limits = limits;
    this.#left = left;
  }

  /** Entries now. */
  get size(): number {
    return this.#entries.size;
  }

  /** Bytes now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The entry, which stays where it is. */
  peek(key: string): Entry<V> | undefined {
    return this.#entries.get(key);
  }

  /** The entry, which becomes the most recently used. */
  get(key: string): Entry<V> | undefined {
    const entry = this.#entries.get(key);
    if (entry) this.#recency.use(entry.place);
    return entry;
  }

  /** Stores an entry, unless one from a fetch with a larger number is there already. */
  put(key: string, entry: Entry<V>): Put {
    const present = this.#entries.get(key);
    if (present && present.value.number > entry.value.number) return "superseded";
    const { maxBytes, makeRoom } = this.#limits;
    const bytes = this.weigh(key, entry);
    if (present) this.#forget(present, "replaced");
    if (bytes > maxBytes) return "too_large";
    if (makeRoom?.(bytes) === false) return "no_room";
    entry.value.isKept = true;
    this.#add(new Stored(key, entry, bytes, this.#walks));
    this.#shrink();
    return "stored";
  }

  /** Changes the limits. Excess entries are evicted in slices: a million at once would take half a second. */
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
    const { oldest } = this.#recency;
    if (oldest) this.#forget(oldest, "memory");
    return oldest !== undefined;
  }

  /** Removes the entry of a key if it comes from an earlier fetch than `number`, because something newer is known. */
  drop(key: string, number: number): void {
    const present = this.#entries.get(key);
    if (present && present.value.number < number) this.#forget(present, "replaced");
  }

  /** Removes the entry of a key, if there is one. */
  remove(key: string, why: Leaving): boolean {
    const entry = this.#entries.get(key);
    if (entry) this.#forget(entry, why);
    return entry !== undefined;
  }

  /**
   * Calls `each` with every entry that is there now, a slice in every turn of the event loop. Entries that go before their turn
   * are left out. Fires after the last; fails with what `each` throws.
   */
  walk(clock: Pick<Clock, "nextTurn">, each: (key: string, entry: Entry<V>) => void): Deferred<void> {
    const before = this.#walks++;
    return walk(clock, this.#recency.places, (place) => {
      const entry = this.#recency.at(place);
      if (entry && entry.walks <= before) each(entry.key, entry);
    });
  }

  /** The bytes of an entry with its key. */
  weigh(key: string, { value }: Entry<V>): number {
    // Times two: one character above 255 makes a string take two bytes per character, and keys without a terminator have one.
    return this.#limits.weigh(value) + 2 * key.length + ENTRY_OVERHEAD;
  }

  get #isTooLarge(): boolean {
    return this.#bytes > this.#limits.maxBytes || this.size > this.#limits.maxEntries;
  }

  #shrink(): void {
    for (let left = SLICE; left > 0 && this.#isTooLarge; left--) this.evict();
  }

  #add(entry: Stored<V>): void {
    this.#entries.add(entry.key, entry);
    entry.place = this.#recency.add(entry);
    this.#bytes += entry.bytes;
  }

  #forget(entry: Stored<V>, why: Leaving): void {
    const { key, value, bytes } = entry;
    this.#entries.delete(key);
    this.#recency.remove(entry.place);
    this.#bytes -= bytes;
    value.isKept = false;
    this.#left(entry, why);
    this.#limits.dropped?.(value);
  }
}
