import { maybeDeferred, succeed } from "./adapt.ts";
import { requireFunction, requireLimit } from "./check.ts";
import { Deferred, type Outcome } from "./deferred.ts";

/** What a lock and a semaphore share: so many may be in at a time, the others wait in a row. */
abstract class Gate {
  readonly #capacity: number;
  #inside = 0;
  readonly #waiters: Deferred<this>[] = [];
  /** How many waiters are to be let in by the loop in `release()`. */
  #due = 0;
  #lettingIn = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  protected get free(): number {
    return this.#capacity - this.#inside;
  }

  /** Fires, with this object, when the caller may go on; it has to `release()` then. Cancelling leaves the row. */
  acquire(): Deferred<this> {
    if (this.free > 0) {
      this.#inside++;
      return succeed(this);
    }
    const waiter = new Deferred<this>(() => void this.#waiters.splice(this.#waiters.indexOf(waiter), 1));
    this.#waiters.push(waiter);
    return waiter;
  }

  /**
   * Lets the next one in before it returns (or, called by one that has just been let in, soon after).
   *
   * @throws {Error} when nobody is in
   */
  release(): void {
    if (this.#inside === this.#due)
      throw new Error(`Cannot release a ${this.constructor.name} that nobody has acquired`);
    if (this.#waiters.length <= this.#due) {
      this.#inside--;
      return;
    }
    this.#due++;
    // A loop, because whoever is let in may release at once: a row of any length needs no more stack.
    if (!this.#lettingIn) this.#letIn();
  }

  /**
   * Calls `fn` when it may, releases when its Deferred has fired, and passes the outcome on. Cancelling takes it out
   * of the row or, when `fn` is under way, cancels its Deferred.
   *
   * @throws {TypeError} if `fn` is not a function
   * @example
   * lock.run(writeToStore, key, poem).addErrback((failure) => log.warn(failure.getErrorMessage()));
   */
  run<T, A extends unknown[]>(fn: (...args: A) => Outcome<T> | PromiseLike<T>, ...args: A): Deferred<T> {
    requireFunction("run", fn);
    return this.acquire().addCallback(() =>
      maybeDeferred(fn, ...args).addBoth((result): Outcome<T> => {
        this.release();
        return result;
      }),
    );
  }

  #letIn(): void {
    this.#lettingIn = true;
    while (this.#due > 0) {
      this.#due--;
      let next = this.#waiters.shift();
      while (next?.called) next = this.#waiters.shift(); // Somebody else fired it.
      if (next) next.callback(this);
      else this.#inside--; // Whom it was meant for was cancelled meanwhile.
    }
    this.#lettingIn = false;
  }
}

/**
 * Lets one in at a time.
 *
 * @example
 * const lock = new DeferredLock();
 * lock.acquire().addCallback(() => writeFile()).addBoth(() => lock.release());
 */
export class DeferredLock extends Gate {
  constructor() {
    super(1);
  }

  /** Whether somebody is in; it stays true while the lock goes from one to the next. */
  get locked(): boolean {
    return this.free === 0;
  }
}

/**
 * Lets up to `limit` in at a time.
 *
 * @example
 * const fetches = new DeferredSemaphore(64);
 * fetches.run(fetchPoem, address);
 */
export class DeferredSemaphore extends Gate {
  /**
   * @param limit how many may be in at a time: a whole number from 1, or Infinity
   * @throws {RangeError} for anything else
   */
  constructor(readonly limit: number) {
    requireLimit("limit a DeferredSemaphore to", limit, 1);
    super(limit);
  }

  /** How many may come in without waiting. */
  get tokens(): number {
    return this.free;
  }
}
