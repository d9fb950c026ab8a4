/**
 * First in, first out, and any item can leave from wherever it stands, in the same short time however long the row is:
 * `shift()` of an array has no such bound in Node, nor has finding a place in one anywhere. An item is in it once.
 */
export class Row<T> {
  readonly #items = new Set<T>();
  /** Kept: a new one would have to pass over the places of those that have left. */
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
    if (next.done) next = (this.#order = this.#items.values()).next(); // It had come to the end before.
    this.#items.delete(next.value as T);
    return next.value;
  }

  delete(item: T): void {
    this.#items.delete(item);
  }
}
