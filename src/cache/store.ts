import { LRUCache } from "lru-cache";

/** An answer that was whole, and when and by which fetch it came. */
export interface Entry<V> {
  readonly value: V;
  /** The clock's milliseconds. */
  readonly storedAt: number;
  /** The number of the fetch: a larger one began later. */
  readonly sequence: number;
}

/** What an entry takes besides its key and its value: a rough measure of this table's own memory, in bytes. */
const ENTRY_OVERHEAD = 256;

/** Entries by key, in bounded memory: the least recently used make room. */
export class Store<V> {
  readonly #entries: LRUCache<string, Entry<V>>;

  /**
   * @param limit bytes for keys, values and overhead together
   * @param weigh the bytes of a value
   */
  constructor(limit: number, weigh: (value: V) => number) {
    this.#entries = new LRUCache({
      maxSize: limit,
      sizeCalculation: ({ value }, key) => weigh(value) + key.length + ENTRY_OVERHEAD,
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

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
