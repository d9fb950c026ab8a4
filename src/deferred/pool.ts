import { succeed } from "./adapt.ts";
import { Deferred, requireDeferred } from "./deferred.ts";
import type { Any } from "./link.ts";

/**
 * A changing set of Deferreds that can be waited for until it is empty: for an orderly stop.
 *
 * @example
 * const answering = new DeferredPool();
 * server.onRequest((request) => answering.add(answer(request)));
 * stop.addCallback(() => answering.whenEmpty().addTimeout(10_000));
 */
export class DeferredPool {
  readonly #members = new Set<Deferred<Any>>();
  #waiters: Deferred<void>[] = [];

  /** How many have not fired yet. */
  get size(): number {
    return this.#members.size;
  }

  /**
   * Adds a Deferred until it fires; it keeps its outcome.
   *
   * @returns `deferred`
   * @throws {TypeError} if it is not a Deferred
   */
  add<T>(deferred: Deferred<T>): Deferred<T> {
    requireDeferred("add", deferred);
    this.#members.add(deferred);
    return deferred.addBoth((outcome): Any => {
      this.#members.delete(deferred);
      if (this.#members.size === 0) for (const each of this.#waiters.splice(0)) each.callback();
      return outcome;
    });
  }

  /** Fires when no member is left, at once if there is none. Cancelling it does not affect the members. */
  whenEmpty(): Deferred<void> {
    if (this.#members.size === 0) return succeed();
    const waiter: Deferred<void> = new Deferred<void>(() => {
      this.#waiters = this.#waiters.filter((each) => each !== waiter);
    });
    this.#waiters.push(waiter);
    return waiter;
  }

  /** Cancels every member. */
  cancel(reason?: unknown): void {
    for (const member of Array.from(this.#members)) member.cancel(reason);
  }
}
