import { fail, succeed } from "./adapt.ts";
import { requireLimit } from "./check.ts";
import { Deferred } from "./deferred.ts";
import type { NoDeferred } from "./outcome.ts";
import { QueueClosedError, QueueOverflowError, QueueUnderflowError } from "./errors.ts";
import { Row } from "./row.ts";

/**
 * Passes items from producers to consumers, first in, first out; either side may come first.
 *
 * @example
 * const jobs = new DeferredQueue<string>(100);
 * jobs.get().addCallback((job) => run(job));
 * jobs.put("transform ecstasy.txt");
 */
export class DeferredQueue<T> {
  /** How many items it can hold. */
  readonly size: number;
  /** How many callers may wait for an item. */
  readonly backlog: number;
  readonly #items: (T | undefined)[] = [];
  /** How many items at the head of `#items` have been taken. */
  #taken = 0;
  readonly #waiters = new Row<Deferred<T>>();
  #closed = false;

  /**
   * @param size how many items it can hold: a whole number from 0, or Infinity
   * @param backlog how many callers may wait for an item: likewise
   * @throws {RangeError} for anything else
   */
  constructor(size = Infinity, backlog = Infinity) {
    requireLimit("limit the items of a DeferredQueue to", size, 0);
    requireLimit("limit the callers of a DeferredQueue to", backlog, 0);
    this.size = size;
    this.backlog = backlog;
  }

  /** How many items it holds. */
  get length(): number {
    return this.#items.length - this.#taken;
  }

  /** How many wait for an item. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Whether it has been closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Passes `item` to the caller that has waited longest, or keeps it.
   *
   * @throws {QueueOverflowError} when it is full
   * @throws {QueueClosedError} when it has been closed
   * @throws {TypeError} for a Deferred, because no Deferred can be fired with one
   */
  put<I extends T>(item: NoDeferred<I>): void {
    if (item instanceof Deferred)
      throw new TypeError("Cannot put a Deferred into a queue: put its value, when it has one");
    if (this.#closed) throw new QueueClosedError("put into");
    let waiter = this.#waiters.shift();
    while (waiter?.called) waiter = this.#waiters.shift(); // Somebody else fired it.
    if (waiter) waiter.callback(item);
    else if (this.length < this.size) this.#items.push(item);
    else throw new QueueOverflowError(this.size);
  }

  /**
   * Fires with the oldest item, now or when there is one. Cancelling leaves the line. Fails with
   * QueueClosedError when the queue has been closed and is empty.
   *
   * @throws {QueueUnderflowError} when too many wait already
   */
  get(): Deferred<T> {
    if (this.length > 0) return succeed(this.#take()) as Deferred<T>;
    if (this.#closed) return fail(new QueueClosedError("get from"));
    if (this.#waiters.length >= this.backlog) throw new QueueUnderflowError(this.backlog);
    const waiter = new Deferred<T>((each) => this.#waiters.delete(each));
    this.#waiters.add(waiter);
    return waiter;
  }

  #take(): T {
    const item = this.#items[this.#taken] as T;
    this.#items[this.#taken++] = undefined;
    // shift() moves the whole array in Node.
    if (this.#taken > 64 && this.#taken * 2 > this.#items.length) {
      this.#items.splice(0, this.#taken);
      this.#taken = 0;
    }
    return item;
  }

  /** Accepts no more items. Those that it holds can still be taken; waiting callers fail with QueueClosedError. */
  close(): void {
    this.#closed = true;
    for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift())
      if (!waiter.called) waiter.errback(new QueueClosedError("get from"));
  }

  /**
   * For `for await`: takes items until the queue has been closed and is empty.
   *
   * @example
   * for await (const job of jobs) await run(job);
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const item = await this.get().addErrback(QueueClosedError, () => END);
      if (item === END) return;
      yield item as T;
    }
  }
}

const END = Symbol("end");
