import { fromPromise } from "./adapt.ts";
import { Chain } from "./chain.ts";
import { Failure } from "./failure.ts";
import { bind, Pair, Successor, type Any } from "./link.ts";
import { addTimeout, type TimeoutClock } from "./timeout.ts";

/** What a callback or errback may hand to the next link: a value, a failure, or a Deferred of either. */
export type Outcome<U> = U | Deferred<U> | Failure;

/** The type of the value after a link that answers `U`: a Failure is no value. */
export type ValueAfter<U> = Exclude<U, Failure>;

/** The producer's side of a Deferred: what to give to the code that only has to fire it. */
export interface Fireable<T> {
  callback(value: T | Failure): void;
  errback(error: unknown): void;
}

/**
 * A result that is not there yet, and the chain of callbacks it will go down: Twisted's Deferred. Synchronous
 * throughout: firing runs the chain before it returns, and a callback added to a fired Deferred runs at once.
 *
 * @example
 * const d = new Deferred<string>();
 * d.addCallback((poem) => poem.length).addErrback((failure) => failure.trap(RangeError) && 0);
 * d.callback("The fascination of what's difficult");
 */
export class Deferred<T = unknown> extends Chain implements PromiseLike<T>, Fireable<T> {
  /**
   * A Deferred that fires as `promise` settles (a turn of the microtask queue later, as Promises do).
   *
   * @example
   * Deferred.fromPromise(fetch(url)).addCallback((response) => response.status);
   */
  static fromPromise<U>(promise: PromiseLike<U>): Deferred<U> {
    return fromPromise(promise);
  }

  /**
   * Fires it with a value (a Failure fires it as `errback` does).
   *
   * @throws {AlreadyCalledError} if it has been fired; the chain is not touched
   * @throws {TypeError} for a Deferred: chain it with `chainDeferred`
   */
  callback(value: T | Failure): void {
    refuseDeferred(value);
    this.fire(value);
  }

  /**
   * Fires it with a failure: a Failure as it is, any other value wrapped in one.
   *
   * @throws {AlreadyCalledError} if it has been fired
   * @throws {TypeError} without an argument, or for a Deferred
   */
  errback(error: unknown): void {
    if (arguments.length === 0) throw new TypeError("Cannot fire errback() without an error");
    refuseDeferred(error);
    this.fire(Failure.of(error));
  }

  /**
   * Adds a link for values; failures pass it by. Extra arguments follow the value.
   *
   * @example
   * succeed("Ecstasy").addCallback((title, suffix) => title + suffix, ".txt");
   */
  addCallback<U, A extends unknown[]>(
    callback: (value: T, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<ValueAfter<U>>;
  // Here and below, `arguments`: a rest parameter would cost every call an array, and half the speed.
  addCallback(callback: (value: Any) => unknown): Deferred<Any> {
    requireFunction("addCallback", callback);
    this.add(arguments.length === 1 ? callback : bind(callback, arguments, 1));
    return this;
  }

  /**
   * Adds a link for failures; values pass it by. Extra arguments follow the failure.
   *
   * @example
   * fetchPoem().addErrback((failure) => failure.trap(TimeoutError) && "a shorter poem");
   */
  addErrback<U = never, A extends unknown[] = []>(
    errback: (failure: Failure, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<T | ValueAfter<U>>;
  addErrback(errback: (failure: Failure) => unknown): Deferred<Any> {
    requireFunction("addErrback", errback);
    this.add(new Pair(undefined, arguments.length === 1 ? errback : bind(errback, arguments, 1)));
    return this;
  }

  /**
   * Adds one link for both.
   *
   * @example
   * connection.addBoth((result) => { socket.end(); return result; });
   */
  addBoth<U, A extends unknown[]>(
    both: (result: T | Failure, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<ValueAfter<U>>;
  addBoth(both: (result: Any) => unknown): Deferred<Any> {
    requireFunction("addBoth", both);
    const link = arguments.length === 1 ? both : bind(both, arguments, 1);
    this.add(new Pair(link, link));
    return this;
  }

  /**
   * Adds a pair: `callback` for a value, `errback` for a failure, never one after the other. The arrays hold extra
   * arguments for each.
   *
   * @example
   * poem.addCallbacks(print, (failure) => console.error(failure.getErrorMessage()));
   */
  addCallbacks<U, V = never, A extends unknown[] = [], B extends unknown[] = []>(
    callback: (value: T, ...args: A) => Outcome<U>,
    errback?: ((failure: Failure, ...args: B) => Outcome<V>) | null,
    callbackArgs?: A | null,
    errbackArgs?: B | null,
  ): Deferred<ValueAfter<U> | ValueAfter<V>> {
    requireFunction("addCallbacks", callback);
    if (errback != null) requireFunction("addCallbacks", errback);
    this.add(new Pair(bind(callback, callbackArgs), errback ? bind(errback, errbackArgs) : undefined));
    return this as Deferred<Any>;
  }

  /**
   * Fires `other` with the result at this place of the chain; this one goes on with `undefined`.
   *
   * @example
   * upstream.chainDeferred(waiter);
   */
  chainDeferred(other: Deferred<T>): Deferred<undefined> {
    this.addSuccessor(new Successor(other, false));
    return this as Deferred<Any>;
  }

  /**
   * Cancels it when `ms` milliseconds have passed before the chain got here. Covers what was added before this call.
   *
   * @param onTimeout makes the result once time is up, of any result; by default CancelledError becomes TimeoutError
   * @example
   * connect(address).addTimeout(5000).addErrback((failure) => failure.trap(TimeoutError) && undefined);
   */
  addTimeout<U = never>(
    ms: number,
    clock?: TimeoutClock,
    onTimeout?: (result: T | Failure, ms: number) => Outcome<T | U>,
  ): Deferred<T | U> {
    return addTimeout(this, ms, clock, onTimeout);
  }

  /**
   * A Deferred of its own with the same outcome; this one's result stays, and cancelling the fork does not reach it.
   *
   * @example
   * const [mine, yours] = [flight.fork(), flight.fork()];
   */
  fork(): Deferred<T> {
    const fork = new Deferred<T>();
    this.addSuccessor(new Successor(fork, true));
    return fork;
  }

  /**
   * The result as a Promise, always the same one; it takes the result, and the duty to handle an error, along.
   *
   * @example
   * const poem = await fetchPoem().toPromise();
   */
  toPromise(): Promise<T> {
    let promise: Promise<T> | undefined = promises.get(this);
    if (!promise) {
      promise = new Promise<T>((resolve, reject) => {
        this.addCallbacks(resolve, (failure) => reject(failure.value));
      });
      promises.set(this, promise);
    }
    return promise;
  }

  /** What `await` calls. */
  // oxlint-disable-next-line unicorn/no-thenable -- being awaitable is the point
  then<U = T, V = never>(
    onFulfilled?: ((value: T) => U | PromiseLike<U>) | null,
    onRejected?: ((error: unknown) => V | PromiseLike<V>) | null,
  ): Promise<U | V> {
    return this.toPromise().then(onFulfilled, onRejected);
  }

  /** Lets `yield* deferred` have the type of the value in a generator of `inlineCallbacks`. */
  *[Symbol.iterator](): Generator<Deferred<T>, T> {
    return yield this;
  }

  /** As `describe()`. */
  override toString(): string {
    return this.describe();
  }
}

/** Most Deferreds never become Promises: a field would cost all of them. */
const promises = new WeakMap<Deferred<Any>, Promise<Any>>();

function refuseDeferred(value: unknown): void {
  if (value instanceof Deferred)
    throw new TypeError("Cannot fire a Deferred with a Deferred: use chainDeferred()");
}

function requireFunction(action: string, value: unknown): void {
  if (typeof value !== "function") throw new TypeError(`Cannot ${action}(${String(value)}): not a function`);
}
