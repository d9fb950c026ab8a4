/** Places in one row. The garbage collector looks at the whole row again when an item has been put into it. */
const ROW = 64;
const ROW_BITS = 6;

/** The place that ends both ways: newer than the newest item, and older than the oldest one. */
const END = 0;

/**
 * Items in the order of their use, each at a place, which is a number. All operations take the same time, however many items
 * there are: nothing is ever moved because of growth, and using an item changes numbers alone, which the garbage collector need
 * not look at again (docs/decisions/0403).
 */
export class Recency<T> {
  /** The neighbours of each place: the older one, then the newer one. */
  readonly #links: Int32Array[] = [new Int32Array(2 * ROW)];
  readonly #items: (T | undefined)[][] = [[undefined]];
  /** A place without item; the newer neighbour of one is the next of them. */
  #free = END;
  #places = 1;

  /** How many places there are, from 0: items that are there now have smaller ones. */
  get places(): number {
    return this.#places;
  }

  /** The item at a place, if there is one. */
  at(place: number): T | undefined {
    return this.#items[place >> ROW_BITS]?.[place % ROW];
  }

  /** The item that has not been used for the longest time. */
  get oldest(): T | undefined {
    return this.at(this.#newerThan(END));
  }

  /** Adds an item, used now, and returns its place. */
  add(item: T): number {
    const place = this.#freePlace();
    (this.#items[place >> ROW_BITS] as (T | undefined)[])[place % ROW] = item;
    this.#append(place);
    return place;
  }

  /** The item at that place is used now. */
  use(place: number): void {
    if (place === this.#olderThan(END)) return;
    this.#join(this.#olderThan(place), this.#newerThan(place));
    this.#append(place);
  }

  /** Removes the item at that place. */
  remove(place: number): void {
    this.#join(this.#olderThan(place), this.#newerThan(place));
    if (this.#olderThan(END) === END) return this.#clear();
    (this.#items[place >> ROW_BITS] as (T | undefined)[])[place % ROW] = undefined;
    this.#row(place)[2 * (place % ROW) + 1] = this.#free;
    this.#free = place;
  }

  /** Gives back the memory of many places. */
  #clear(): void {
    this.#links.length = 1;
    this.#items.length = 1;
    this.#items[0] = [undefined];
    this.#free = END;
    this.#places = 1;
  }

  #freePlace(): number {
    const place = this.#free;
    if (place !== END) {
      this.#free = this.#newerThan(place);
      return place;
    }
    if (this.#places % ROW === 0) {
      this.#links.push(new Int32Array(2 * ROW));
      this.#items.push([]);
    }
    return this.#places++;
  }

  #append(place: number): void {
    this.#join(this.#olderThan(END), place);
    this.#join(place, END);
  }

  #olderThan(place: number): number {
    return this.#row(place)[2 * (place % ROW)] as number;
  }

  #newerThan(place: number): number {
    return this.#row(place)[2 * (place % ROW) + 1] as number;
  }

  #join(older: number, newer: number): void {
    this.#row(older)[2 * (older % ROW) + 1] = newer;
    this.#row(newer)[2 * (newer % ROW)] = older;
  }

  #row(place: number): Int32Array {
    return this.#links[place >> ROW_BITS] as Int32Array;
  }
}
