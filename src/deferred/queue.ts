import { succeed } from "./adapt.ts";
import { requireLimit } from "./check.ts";
import { Deferred } from "./deferred.ts";
import { QueueOverflowError, QueueUnderflowError } from "./errors.ts";

/**
 * Hands items from those who put them in to those who ask for them, first in, first out; either side may be first.
 *
 * @example
 * const jobs = new DeferredQueue<string>(100);
 * jobs.get().addCallback((job) => run(job));
 * jobs.put("transform ecstasy.txt");
 */
export class DeferredQueue<T> {
  readonly #items: T[] = [];
  readonly #waiters: Deferred<T>[] = [];

  /**
   * @param size how many items it holds while nobody asks: a whole number from 0, or Infinity
   * @param backlog how many may wait for an item: likewise
   * @throws {RangeError} for anything else
   */
  constructor(
    readonly size = Infinity,
    readonly backlog = Infinity,
  ) {
    requireLimit("limit the items of a DeferredQueue to", size, 0);
    requireLimit("limit the callers of a DeferredQueue to", backlog, 0);
  }

  /** How many items it holds. */
  get length(): number {
    return this.#items.length;
  }

  /**
   * @throws {QueueOverflowError} when it is full
   * @throws {TypeError} for a Deferred: no other Deferred can be fired with it
   */
  put(item: T): void {
    if (item instanceof Deferred)
      throw new TypeError("Cannot put a Deferred into a queue: put its value, when it has one");
    let waiter = this.#waiters.shift();
    while (waiter?.called) waiter = this.#waiters.shift(); // Somebody else fired it.
    if (waiter) waiter.callback(item);
    else if (this.#items.length < this.size) this.#items.push(item);
    else throw new QueueOverflowError(this.size);
  }

  /**
   * Fires with the oldest item, now or when there is one. Cancelling gives up the place in the row.
   *
   * @throws {QueueUnderflowError} when too many wait already
   */
  get(): Deferred<T> {
    if (this.#items.length > 0) return succeed(this.#items.shift() as T);
    if (this.#waiters.length >= this.backlog) throw new QueueUnderflowError(this.backlog);
    const waiter = new Deferred<T>(() => void this.#waiters.splice(this.#waiters.indexOf(waiter), 1));
    this.#waiters.push(waiter);
    return waiter;
  }
}
