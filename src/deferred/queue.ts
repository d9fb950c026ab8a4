import { fail, succeed } from "./adapt.ts";
import { requireLimit } from "./check.ts";
import { refuseDeferred, type Deferred } from "./deferred.ts";
import type { NoDeferred } from "./outcome.ts";
import { QueueClosedError, QueueOverflowError, QueueUnderflowError } from "./errors.ts";
import { Row, Waiters } from "./row.ts";

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
  /** Each in an array of its own, because the same one can be put twice. */
  readonly #items = new Row<[item: T]>();
  readonly #waiters = new Waiters<T>();
  #closed = false;

  /**
   * @param size how many items it can hold: a whole number from 0, or Infinity
   * @param backlog how many callers may wait for an item: likewise
   * @throws {RangeError} for anything else
   */
  constructor(size = Infinity, backlog = Infinity) {
    requireLimit("size", size, 0);
    requireLimit("backlog", backlog, 0);
    this.size = size;
    this.backlog = backlog;
  }

  /** How many items it holds. */
  get length(): number {
    return this.#items.size;
  }

  /** How many wait for an item. */
  get waiting(): number {
    return this.#waiters.size;
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
    refuseDeferred(item, "put", "addCallback");
    if (this.#closed) throw new QueueClosedError("put into");
    const waiter = this.#waiters.next();
    if (waiter) waiter.callback(item);
    else if (this.length < this.size) this.#items.add([item]);
    else throw new QueueOverflowError(this.size);
  }

  /**
   * Fires with the oldest item, now or when there is one. Cancelling leaves the line. Fails with
   * QueueClosedError when the queue has been closed and is empty.
   *
   * @throws {QueueUnderflowError} when too many wait already
   */
  get(): Deferred<T> {
    const taken = this.#items.shift();
    if (taken) return succeed(taken[0]) as Deferred<T>;
    if (this.#closed) return fail(new QueueClosedError("get from"));
    if (this.waiting >= this.backlog) throw new QueueUnderflowError(this.backlog);
    return this.#waiters.wait();
  }

  /** Accepts no more items. Those that it holds can still be taken; waiting callers fail with QueueClosedError. */
  close(): void {
    this.#closed = true;
    for (let waiter = this.#waiters.next(); waiter; waiter = this.#waiters.next())
      waiter.errback(new QueueClosedError("get from"));
  }

  /**
   * For `for await`: takes items until the queue has been closed and is empty.
   *
   * @example
   * for await (const job of jobs) await run(job);
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      // At once, because a turn of the microtask queue later the failure would have been unhandled meanwhile.
      for (;;) yield await this.get().toPromise();
    } catch (error) {
      if (!(error instanceof QueueClosedError)) throw error;
    }
  }
}
