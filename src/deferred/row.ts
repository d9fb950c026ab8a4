import { Deferred } from "./deferred.ts";

/**
 * A first-in-first-out line from which any item can be removed in constant time: an array's `shift()` takes linear time in
 * Node, and finding an item does everywhere. An item can be in it only once.
 */
export class Row<T> extends Set<T> {
  /** Kept, because a new iterator would have to skip the slots of removed items. */
  #order = this.values();

  /** Takes the oldest item out. */
  shift(): T | undefined {
    let next = this.#order.next();
    if (next.done) next = (this.#order = this.values()).next(); // It had reached the end before.
    this.delete(next.value as T);
    return next.value;
  }
}

/** Those who wait for something, in a row. */
export class Waiters<T> extends Row<Deferred<T>> {
  /** A Deferred at the end of the row. Cancelling it leaves the row. */
  wait(): Deferred<T> {
    const waiter = new Deferred<T>((each) => this.delete(each));
    this.add(waiter);
    return waiter;
  }

  /** Takes the one out that has waited longest, except those that somebody else has fired. */
  next(): Deferred<T> | undefined {
    let waiter = this.shift();
    while (waiter?.called) waiter = this.shift();
    return waiter;
  }
}
