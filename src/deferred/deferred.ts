import { Chain } from "./chain.ts";
import { requireFunction } from "./check.ts";
import { show } from "./describe.ts";
import { Failure } from "./failure.ts";
import { bind, Pair, Successor, type Any } from "./link.ts";
import { timeoutLinks, type TimeoutClock } from "./timeout.ts";

/** Asked to bring the operation to an end; it may fire the Deferred itself. */
export type Canceller = (deferred: Deferred<Any>) => unknown;

/** What a callback or errback may hand to the next link: a value, a failure, or a Deferred of either. */
export type Outcome<U> = U | Deferred<U> | Failure;

/** The type of the value after a link that answers `U` or a Deferred of it: a Failure is no value. */
export type ValueAfter<U> = Exclude<U, Failure>;

/** The same where the link answers several types, some of them as a Deferred. */
export type EventualValue<R> = R extends Deferred<infer U> ? U : Exclude<R, Failure>;

/** The producer's side of a Deferred: what to give to the code that only has to fire it. */
export interface Fireable<T> {
  // Not as methods: those may be given one that takes less than T.
  readonly callback: (value: T | Failure) => void;
  readonly errback: (error: unknown) => void;
}

/** Arguments that may only be left out where there are none. */
type Extra<A extends unknown[]> = A | ([] extends A ? null | undefined : never);

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
   * @param canceller is called by `cancel()` while it has not fired; may fire it, with a value, too
   * @throws {TypeError} if it is given and not a function
   */
  constructor(canceller?: (deferred: Deferred<T>) => unknown) {
    if (canceller !== undefined) requireFunction("cancel by", canceller);
    super(canceller);
  }

  /**
   * A Deferred that fires as `promise` settles (a turn of the microtask queue later, as Promises do).
   *
   * @example
   * Deferred.fromPromise(fetch(url)).addCallback((response) => response.status);
   */
  static fromPromise<U>(promise: PromiseLike<U>): Deferred<U> {
    if (!isThenable(promise)) throw new TypeError(`Cannot fromPromise(${show(promise)}): not a Promise`);
    // A Promise cannot be cancelled: without a canceller, its late outcome is swallowed.
    const deferred = new Deferred<U>();
    // Not its own then(): one that is no Promise's may throw, answer twice, or answer with another thenable.
    Promise.resolve(promise).then(
      (value) => deferred.callback(value),
      (error: unknown) => deferred.errback(error),
    );
    return deferred;
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
   * @throws {TypeError} here and below, if it is not a function
   * @example
   * succeed("Ecstasy").addCallback((title, suffix) => title + suffix, ".txt");
   */
  addCallback<U, A extends unknown[]>(
    callback: (value: T, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<ValueAfter<U>>;
  // The second form is for callbacks that answer several types, some of them as a Deferred.
  addCallback<R, A extends unknown[]>(
    callback: (value: T, ...args: A) => R,
    ...args: A
  ): Deferred<EventualValue<R>>;
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
  addErrback<R, A extends unknown[]>(
    errback: (failure: Failure, ...args: A) => R,
    ...args: A
  ): Deferred<T | EventualValue<R>>;
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
  addBoth<R, A extends unknown[]>(
    both: (result: T | Failure, ...args: A) => R,
    ...args: A
  ): Deferred<EventualValue<R>>;
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
  addCallbacks<U, V = never>(
    callback: (value: T) => Outcome<U>,
    errback?: ((failure: Failure) => Outcome<V>) | null,
  ): Deferred<ValueAfter<U> | ValueAfter<V>>;
  addCallbacks<U, V = never, A extends unknown[] = []>(
    callback: (value: T, ...args: A) => Outcome<U>,
    errback: ((failure: Failure) => Outcome<V>) | null | undefined,
    callbackArgs: Extra<A>,
  ): Deferred<ValueAfter<U> | ValueAfter<V>>;
  addCallbacks<U, V, A extends unknown[], B extends unknown[]>(
    callback: (value: T, ...args: A) => Outcome<U>,
    errback: (failure: Failure, ...args: B) => Outcome<V>,
    callbackArgs: Extra<A>,
    errbackArgs: Extra<B>,
  ): Deferred<ValueAfter<U> | ValueAfter<V>>;
  addCallbacks<R, S = never>(
    callback: (value: T) => R,
    errback?: ((failure: Failure) => S) | null,
  ): Deferred<EventualValue<R> | EventualValue<S>>;
  addCallbacks(
    callback: (value: T, ...args: Any[]) => unknown,
    errback?: ((failure: Failure, ...args: Any[]) => unknown) | null,
    callbackArgs?: unknown[] | null,
    errbackArgs?: unknown[] | null,
  ): Deferred<Any> {
    requireFunction("addCallbacks", callback);
    if (errback != null) requireFunction("addCallbacks", errback);
    this.add(new Pair(bind(callback, callbackArgs), errback ? bind(errback, errbackArgs) : undefined));
    return this;
  }

  /**
   * Fires `other` with the result at this place of the chain; this one goes on with `undefined`.
   *
   * @throws {TypeError} if `other` is no Deferred
   * @example
   * upstream.chainDeferred(waiter);
   */
  chainDeferred(other: Fireable<T> & Chain): Deferred<undefined> {
    requireDeferred("chainDeferred", other);
    this.addSuccessor(new Successor(this, other, "hand over"));
    return this as Deferred<Any>;
  }

  /**
   * Cancels it when `ms` milliseconds have passed before the chain got here. Covers what was added before this call.
   *
   * @param onTimeout makes the result once time is up, of any result; by default CancelledError becomes TimeoutError
   * @throws {RangeError} if `ms` is not a number from 0
   * @example
   * connect(address).addTimeout(5000).addErrback((failure) => failure.trap(TimeoutError) && undefined);
   */
  addTimeout<U = never>(
    ms: number,
    clock?: TimeoutClock,
    onTimeout?: (result: T | Failure, ms: number) => Outcome<T | U>,
  ): Deferred<T | ValueAfter<U>> {
    const [map, stopTimer] = timeoutLinks(ms, clock, onTimeout, () => this.cancel());
    return this.addBoth(map).addBoth(stopTimer) as Deferred<Any>;
  }

  /**
   * A Deferred of its own with the same outcome; this one's result stays, and cancelling the fork does not reach it.
   *
   * @example
   * const [mine, yours] = [flight.fork(), flight.fork()];
   */
  fork(): Deferred<T> {
    return follow(this, "copy");
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

/** A Deferred that `source` fires, unless it has been cancelled before. */
export function follow<T>(source: Deferred<T>, mode: "copy" | "offer"): Deferred<T> {
  const follower: Deferred<T> = new Deferred(() => successor.forget());
  const successor = new Successor(source, follower, mode);
  source.addSuccessor(successor);
  return follower;
}

/** @throws {TypeError} unless `value` is a Deferred */
export function requireDeferred(action: string, value: unknown): void {
  if (!(value instanceof Deferred)) throw new TypeError(`Cannot ${action}(${show(value)}): not a Deferred`);
}

/** Whether `value` is a Promise, or as good as one; also if it throws when asked: that is then how it settles. */
export function isThenable<T>(value: unknown): value is PromiseLike<T> {
  try {
    return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
  } catch {
    return true;
  }
}

function refuseDeferred(value: unknown): void {
  if (value instanceof Deferred)
    throw new TypeError("Cannot fire a Deferred with a Deferred: use chainDeferred()");
}
