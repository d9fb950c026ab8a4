/**
 * A first-in-first-out line from which any item can be removed in constant time: an array's `shift()` takes linear time in
 * Node, and finding an item does everywhere. An item can be in it only once.
 */
export class Row<T> {
  readonly #items = new Set<T>();
  /** Kept, because a new iterator would have to skip the slots of removed items. */
  #order = this.#items.values();

  get length(): number {
    return this.#items.size;
  }

  add(item: T): void {
    this.#items.add(item);
  }

  /** Takes the oldest item out. */
  shift(): T | undefined {
    if (this.#items.size === 0) return undefined;
    let next = this.#order.next();
    if (next.done) next = (this.#order = this.#items.values()).next(); // It had reached the end before.
    this.#items.delete(next.value as T);
    return next.value;
  }

  delete(item: T): void {
    this.#items.delete(item);
  }
}
