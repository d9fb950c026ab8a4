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
  /** Fires when there is no member left; `undefined` if nobody waits for that. */
  #empty: Deferred<void> | undefined;

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
      if (!this.size) {
        const empty = this.#empty;
        this.#empty = undefined; // First, because those who waited may wait again.
        empty?.callback();
      }
      return outcome;
    });
  }

  /** Fires when no member is left, at once if there is none. Cancelling it does not affect the members. */
  whenEmpty(): Deferred<void> {
    if (!this.size) return succeed();
    return (this.#empty ??= new Deferred()).fork();
  }

  /** Cancels every member. */
  cancel(reason?: unknown): void {
    [...this.#members].forEach((member) => member.cancel(reason));
  }
}
