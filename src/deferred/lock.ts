import { fail, maybeDeferred, succeed } from "./adapt.ts";
import { requireFunction, requireLimit } from "./check.ts";
import { Deferred } from "./deferred.ts";
import type { EventualValue, Outcome, ValueAfter } from "./outcome.ts";
import { DISPOSE } from "./dispose.ts";
import { TooManyWaitingError } from "./errors.ts";
import { Row } from "./row.ts";

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
  #capacity: number;
  #inside = 0;
  readonly #waiters = new Row<Deferred<this>>();
  /** How many waiters the loop in `#letIn()` still has to let in. */
  #due = 0;
  #lettingIn = false;

  constructor(capacity: number, { maxWaiting = Infinity }: WaitingOptions = {}) {
    requireLimit(`limit the waiters of a ${new.target.name} to`, maxWaiting, 0);
    this.#capacity = capacity;
    this.maxWaiting = maxWaiting;
  }

  /** How many wait to be let in. */
  get waiting(): number {
    return this.#waiters.length;
  }

  protected get capacity(): number {
    return this.#capacity;
  }

  protected set capacity(capacity: number) {
    this.#capacity = capacity;
    while (this.free > 0 && this.#waiters.length > this.#due) {
      this.#inside++;
      this.#due++;
    }
    if (this.#due > 0 && !this.#lettingIn) this.#letIn();
  }

  protected get free(): number {
    return Math.max(0, this.#capacity - this.#inside);
  }

  /**
   * Fires, with this object, when the caller may enter; it must `release()` afterwards, or `using` does. Cancelling leaves
   * the line. Fails with TooManyWaitingError if too many wait already.
   *
   * @example
   * using held = yield* lock.acquire();
   */
  acquire(): Deferred<this> {
    if (this.free > 0) {
      this.#inside++;
      return succeed<this>(this);
    }
    if (this.#waiters.length >= this.maxWaiting) return fail(new TooManyWaitingError(this.maxWaiting));
    const waiter = new Deferred<this>((each) => this.#waiters.delete(each));
    this.#waiters.add(waiter);
    return waiter;
  }

  /**
   * Lets the next one in before it returns (or soon after, if called by one that has just been let in).
   *
   * @throws {Error} if nobody is in
   */
  release(): void {
    if (this.#inside === this.#due)
      throw new Error(`Cannot release a ${this.constructor.name} that nobody has acquired`);
    if (this.#waiters.length <= this.#due || this.#inside > this.#capacity) {
      this.#inside--;
      return;
    }
    this.#due++;
    // A loop, because those let in may release at once: a line of any length needs no more stack.
    if (!this.#lettingIn) this.#letIn();
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

  #letIn(): void {
    this.#lettingIn = true;
    while (this.#due > 0) {
      this.#due--;
      let next = this.#waiters.shift();
      while (next?.called) next = this.#waiters.shift(); // Somebody else fired it.
      if (next) next.callback(this);
      else this.#inside--; // The waiter it was meant for was cancelled meanwhile.
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
    return this.free === 0;
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
  /**
   * @param limit how many may be in at a time: a whole number from 1, or Infinity
   * @throws {RangeError} for anything else, and for a wrong `maxWaiting`
   */
  constructor(limit: number, options?: WaitingOptions) {
    requireLimit("limit a DeferredSemaphore to", limit, 1);
    super(limit, options);
  }

  /** The number of holders allowed. Raising it admits waiters at once; lowering it evicts nobody. */
  get limit(): number {
    return this.capacity;
  }

  /** @throws {RangeError} unless it is a whole number from 1, or Infinity */
  set limit(limit: number) {
    requireLimit("limit a DeferredSemaphore to", limit, 1);
    this.capacity = limit;
  }

  /** How many can acquire it without waiting. */
  get tokens(): number {
    return this.free;
  }
}
