import { fail, maybeDeferred, succeed } from "./adapt.ts";
import { requireFunction, requireLimit } from "./check.ts";
import type { Deferred } from "./deferred.ts";
import type { EventualValue, Outcome, ValueAfter } from "./outcome.ts";
import { DISPOSE } from "./dispose.ts";
import { TooManyWaitingError } from "./errors.ts";
import { Waiters } from "./row.ts";

/**
 * How many may wait for a lock or semaphore.
 *
 * @example
 * const options: WaitingOptions = { maxWaiting: 100 };
 */
export interface WaitingOptions {
  /** A whole number from 0, or Infinity (the default). Any further caller fails with TooManyWaitingError. */
  maxWaiting?: number;
}

/** Shared by lock and semaphore: at most N may be in at a time, the others wait in line. */
abstract class Gate {
  /** How many may wait. */
  readonly maxWaiting: number;
  #limit = 0;
  #inside = 0;
  readonly #waiters = new Waiters<this>();
  #lettingIn = false;

  /**
   * @param limit the number of holders allowed: a whole number from 1, or Infinity
   * @throws {RangeError} for anything else, and for a `maxWaiting` that is neither a whole number from 0 nor Infinity
   */
  constructor(limit: number, { maxWaiting = Infinity }: WaitingOptions = {}) {
    requireLimit("maxWaiting", maxWaiting, 0);
    this.maxWaiting = maxWaiting;
    this.limit = limit;
  }

  /** How many wait to be let in. */
  get waiting(): number {
    return this.#waiters.size;
  }

  protected get limit(): number {
    return this.#limit;
  }

  protected set limit(limit: number) {
    requireLimit("limit", limit, 1);
    this.#limit = limit;
    this.#letIn();
  }

  /** None while others wait: it is their turn first. */
  protected get tokens(): number {
    return this.waiting ? 0 : Math.max(0, this.#limit - this.#inside);
  }

  /**
   * Fires, with this object, when the caller may enter; it must `release()` afterwards, or `using` does. Cancelling leaves
   * the line. Fails with TooManyWaitingError if too many wait already.
   *
   * @example
   * using held = yield* lock.acquire();
   */
  acquire(): Deferred<this> {
    if (this.tokens > 0) {
      this.#inside++;
      return succeed<this>(this);
    }
    if (this.waiting >= this.maxWaiting) return fail(new TooManyWaitingError(this.maxWaiting));
    return this.#waiters.wait();
  }

  /**
   * Lets the next one in before it returns (or soon after, if called by one that has just been let in).
   *
   * @throws {Error} if nobody is in
   */
  release(): void {
    if (!this.#inside) throw new Error("Cannot release what nobody has acquired");
    this.#inside--;
    this.#letIn();
  }

  /** As `release()`: for `using`. */
  [DISPOSE](): void {
    this.release();
  }

  /**
   * Acquires, calls `fn`, releases when its Deferred or Promise has settled, and passes the outcome on. Cancelling leaves
   * the line or, if `fn` is under way, cancels its Deferred.
   *
   * @throws {TypeError} if `fn` is not a function
   * @example
   * lock.run(writeToStore, key, poem).addErrback((failure) => log.warn(failure.getErrorMessage()));
   */
  run<T, A extends unknown[]>(fn: (...args: A) => Outcome<T>, ...args: A): Deferred<ValueAfter<T>>;
  run<R, A extends unknown[]>(fn: (...args: A) => R, ...args: A): Deferred<EventualValue<R>>;
  run<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): Deferred {
    requireFunction("run", fn);
    return this.acquire().addCallback(() => maybeDeferred(fn, ...args).addFinally(() => this.release()));
  }

  /** A loop, because those let in may release at once: a line of any length needs no more stack. */
  #letIn(): void {
    if (this.#lettingIn) return;
    this.#lettingIn = true;
    while (this.#inside < this.#limit) {
      const next = this.#waiters.next();
      if (!next) break;
      this.#inside++;
      next.callback(this);
    }
    this.#lettingIn = false;
  }
}

/**
 * A mutex: one holder at a time.
 *
 * @example
 * const lock = new DeferredLock();
 * lock.acquire().addCallback(() => writeFile()).addFinally(() => lock.release());
 */
export class DeferredLock extends Gate {
  /** @throws {RangeError} if `maxWaiting` is neither a whole number from 0 nor Infinity */
  constructor(options?: WaitingOptions) {
    super(1, options);
  }

  /** Whether the lock is held; stays true while it passes from one holder to the next. */
  get locked(): boolean {
    return !this.tokens;
  }
}

/**
 * Allows up to `limit` holders at a time.
 *
 * @example
 * const fetches = new DeferredSemaphore(64, { maxWaiting: 1000 });
 * fetches.run(fetchPoem, address);
 */
export class DeferredSemaphore extends Gate {
  /** The number of holders allowed. Raising it admits waiters at once; lowering it evicts nobody. */
  override get limit(): number {
    return super.limit;
  }

  /** @throws {RangeError} unless it is a whole number from 1, or Infinity */
  override set limit(limit: number) {
    super.limit = limit;
  }

  /** How many can acquire it without waiting. */
  override get tokens(): number {
    return super.tokens;
  }
}
