/** How many parts there are: with a million keys, 4,000 in each. */
const PARTS = 256;

/** How many characters of a key decide about its part: all of most keys. */
const SAMPLES = 128;

/**
 * Values by key, in many small Maps. A Map moves all that it has when it grows, and when most of it has been deleted: with a
 * million keys, that stops everything for 130 ms, and for 25 ms. Here one part is moved at a time (docs/decisions/0403).
 */
export class KeyTable<V> {
  readonly #parts: (Map<string, V> | undefined)[] = Array.from({ length: PARTS });
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#parts[partOf(key)]?.get(key);
  }

  /** Adds a key that is not there yet. */
  add(key: string, value: V): void {
    (this.#parts[partOf(key)] ??= new Map()).set(key, value);
    this.#size++;
  }

  /** Deletes a key that is there. */
  delete(key: string): void {
    this.#parts[partOf(key)]?.delete(key);
    this.#size--;
  }
}

/** The part that a key belongs to. Keys that differ should have different ones; nothing but speed depends on it. */
export function partOf(key: string): number {
  const step = Math.ceil((key.length + 1) / SAMPLES);
  let hash = key.length;
  for (let at = 0; at < key.length; at += step) hash = Math.imul(hash ^ key.charCodeAt(at), FNV_PRIME);
  return (hash ^ (hash >>> 15)) & (PARTS - 1);
}

/** FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/. */
const FNV_PRIME = 0x01000193;
