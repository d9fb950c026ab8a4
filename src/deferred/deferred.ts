import { addSuccessor, Chain, dropSuccessor, follow, handOut } from "./chain.ts";
import { requireFunction, requireKind } from "./check.ts";
import { foreignError } from "./copies.ts";
import { debug } from "./debug.ts";
import { Failure, type ErrorClass } from "./failure.ts";
import { INSPECT } from "./inspect.ts";
import { bind, COPY_TO, HAND_OVER, isClass, only, Pair, Successor } from "./link.ts";
import type { Any, Link, SuccessorMode } from "./link.ts";
import type { EventualValue, Extra, Fireable, IfDeferred, Outcome, ValueAfter } from "./outcome.ts";
import { IDLE } from "./phase.ts";
import { isThenable } from "./thenable.ts";
import { cancelLater, type TimeoutClock } from "./timeout.ts";
import { stepping, Yielded } from "./yielded.ts";

/**
 * Called to end the operation; it may fire the Deferred itself, even with a value. `reason` is the argument of
 * `cancel()`.
 *
 * @example
 * const stop: Canceller<string> = (deferred, reason) => { socket.destroy(); };
 */
export type Canceller<T = Any> = (deferred: Deferred<T>, reason: unknown) => unknown;

/**
 * The result of `Deferred.withResolvers`: a Deferred, and the functions that fire it.
 *
 * @example
 * const { deferred, callback, errback }: Resolvers<string> = Deferred.withResolvers();
 */
export interface Resolvers<T> extends Fireable<T> {
  readonly deferred: Deferred<T>;
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
   * @param canceller called by `cancel()` before it has fired; may fire it, even with a value
   * @throws {TypeError} if it is given and is not a function
   */
  constructor(
    ...canceller: IfDeferred<T, [noneCanBeFiredWithADeferred: never], [canceller?: Canceller<T> | undefined]>
  );
  constructor(canceller?: Canceller<T>) {
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
    requireKind(isThenable(promise), "fromPromise", promise, "a Promise");
    return follow(promise, new Deferred<U>());
  }

  /**
   * Calls `fn` and returns its outcome as a Deferred: a returned Deferred unchanged, a Promise adopted, a throw or a
   * returned Failure as a failure, any other value as a success.
   *
   * @example
   * Deferred.try(JSON.parse, text).addErrback(SyntaxError, () => ({}));
   */
  static try<U, A extends unknown[]>(fn: (...args: A) => Outcome<U>, ...args: A): Deferred<ValueAfter<U>>;
  static try<R, A extends unknown[]>(fn: (...args: A) => R, ...args: A): Deferred<EventualValue<R>>;
  static try<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): Deferred<Any> {
    const deferred = new Deferred<Any>();
    try {
      const result = fn(...args);
      if (result instanceof Deferred) return result;
      if (isThenable(result)) return follow(result, deferred);
      deferred.callback(result);
    } catch (error) {
      deferred.errback(error);
    }
    return deferred;
  }

  /**
   * A Deferred, and the functions that fire it, to pass around separately.
   *
   * @example
   * const { deferred, callback, errback } = Deferred.withResolvers<string>();
   * socket.once("data", callback).once("error", errback);
   */
  static withResolvers<U>(canceller?: Canceller<U>): Resolvers<U> {
    const deferred = new Deferred<U>(canceller);
    return {
      deferred,
      callback: (value) => deferred.callback(value),
      errback: (error) => deferred.errback(error),
    };
  }

  /**
   * Fires it with a value (a Failure fires it as `errback` does).
   *
   * @throws {AlreadyCalledError} if it has been fired; the chain stays unchanged
   * @throws {TypeError} for a Deferred: chain it with `chainDeferred`
   */
  callback(value: T | Failure): void {
    refuseDeferred(value);
    this._fire(value);
  }

  /**
   * Fires it with a failure: a Failure unchanged, any other value wrapped in one.
   *
   * @throws {AlreadyCalledError} if it has been fired
   * @throws {TypeError} without an argument, or for a Deferred
   */
  errback(error: unknown): void {
    requireKind(arguments.length > 0, "errback", error, "an error");
    refuseDeferred(error);
    this._fire(Failure.of(error));
  }

  /**
   * Adds a link for values; failures skip it. Extra arguments are passed after the value.
   *
   * @throws {TypeError} here and below, if it is not a function
   * @example
   * succeed("Ecstasy").addCallback((title, suffix) => title + suffix, ".txt");
   */
  addCallback<U, A extends unknown[]>(
    callback: (value: T, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<ValueAfter<U>>;
  // The second form is for callbacks that return several types, some of them as a Deferred.
  addCallback<R, A extends unknown[]>(
    callback: (value: T, ...args: A) => R,
    ...args: A
  ): Deferred<EventualValue<R>>;
  // Here and below, `arguments`: a rest parameter would cost every call an array, and half the speed.
  addCallback(callback: (value: Any) => unknown): Deferred<Any> {
    requireFunction("addCallback", callback);
    this._add(arguments.length === 1 ? callback : bind(callback, arguments, 1));
    return this;
  }

  /**
   * Adds a link for failures; values skip it. Extra arguments are passed after the failure. With a class first, the link is
   * for errors of that class, as `Failure.find` finds them, and receives the error itself; other failures skip it.
   *
   * @example
   * fetchPoem()
   *   .addErrback(TimeoutError, ({ ms }) => `nothing in ${ms} ms`)
   *   .addErrback((failure) => failure.getErrorMessage());
   */
  addErrback<E, U = never, A extends unknown[] = []>(
    errorClass: ErrorClass<E>,
    errback: (error: E, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<T | ValueAfter<U>>;
  addErrback<E, R, A extends unknown[]>(
    errorClass: ErrorClass<E>,
    errback: (error: E, ...args: A) => R,
    ...args: A
  ): Deferred<T | EventualValue<R>>;
  addErrback<U = never, A extends unknown[] = []>(
    errback: (failure: Failure, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<T | ValueAfter<U>>;
  addErrback<R, A extends unknown[]>(
    errback: (failure: Failure, ...args: A) => R,
    ...args: A
  ): Deferred<T | EventualValue<R>>;
  addErrback(first: Any, second?: Any): Deferred<Any> {
    requireFunction("addErrback", first);
    let errback: Link = first;
    if (typeof second === "function" && isClass(first)) errback = only(first, bind(second, arguments, 2));
    else if (arguments.length > 1) errback = bind(first, arguments, 1);
    this._add(new Pair(undefined, errback));
    return this;
  }

  /**
   * Adds one link for values and failures.
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
    this._add(new Pair(link, link));
    return this;
  }

  /**
   * Adds a pair: `callback` for a value, `errback` for a failure, never both. The arrays hold extra
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
    this._add(new Pair(bind(callback, callbackArgs), errback ? bind(errback, errbackArgs) : undefined));
    return this;
  }

  /**
   * Adds a link that does not change the result: `fn` is called without arguments, for a value and for a failure. If it
   * returns a Deferred or Promise, that is waited for. What it throws or fails with becomes the result.
   *
   * @example
   * lock.acquire().addCallback(write).addFinally(() => lock.release());
   */
  addFinally(fn: () => unknown): Deferred<T> {
    requireFunction("addFinally", fn);
    return this.addBoth((result) => Deferred.try(fn).addCallback(() => result as Any));
  }

  /**
   * Fires `other` with the result at this place of the chain; this one goes on with `undefined`.
   *
   * @throws {TypeError} if `other` is not a Deferred
   * @example
   * upstream.chainDeferred(waiter);
   */
  chainDeferred(other: Fireable<T> & Chain): Deferred<undefined> {
    requireDeferred("chainDeferred", other);
    addSuccessor(this, new Successor(this, other, HAND_OVER));
    return this as Deferred<Any>;
  }

  /**
   * Cancels it unless the chain gets here within `ms` milliseconds. Covers the links added before this call.
   *
   * @param onTimeout maps the result, whatever it is, once time was up; by default CancelledError becomes TimeoutError
   * @throws {RangeError} if `ms` is not a number from 0
   * @example
   * connect(address).addTimeout(5000).addErrback((failure) => failure.trap(TimeoutError) && undefined);
   */
  addTimeout<U = never>(
    ms: number,
    clock?: TimeoutClock,
    onTimeout?: (result: T | Failure, ms: number) => Outcome<T | U>,
  ): Deferred<T | ValueAfter<U>> {
    cancelLater(this, ms, clock, onTimeout);
    return this;
  }

  /**
   * Another Deferred with the same outcome. This one keeps its result, and cancelling the fork does not affect it.
   *
   * @example
   * const [mine, yours] = [flight.fork(), flight.fork()];
   */
  fork(): Deferred<T> {
    return derive(this, COPY_TO);
  }

  /**
   * The result as a Promise, always the same one. The Promise takes over the result, and the duty to handle an error.
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

  /** Called by `await`. */
  // oxlint-disable-next-line unicorn/no-thenable -- being awaitable is the point
  then<U = T, V = never>(
    onFulfilled?: ((value: T) => U | PromiseLike<U>) | null,
    onRejected?: ((error: unknown) => V | PromiseLike<V>) | null,
  ): Promise<U | V> {
    return this.toPromise().then(onFulfilled, onRejected);
  }

  /** Gives `yield* deferred` the type of the value in a generator of `inlineCallbacks`. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-arguments -- before TypeScript 5.6 it is another default
  [Symbol.iterator](): Iterator<Deferred<T>, T, Any> {
    if (!stepping.now || this._state !== IDLE)
      return new Yielded(this, undefined) as Iterator<Deferred<T>, T>;
    // It is asked by a generator that waits for it, which need not stop.
    debug?._used(this, "generator");
    const result: unknown = handOut(this);
    if (!(result instanceof Failure)) return new Yielded(result, true) as Iterator<Deferred<T>, T>;
    stepping._thrown = result;
    return result.throwException();
  }

  /** As `describe()`. */
  override toString(): string {
    return this.describe();
  }

  get [Symbol.toStringTag](): string {
    return "Deferred";
  }

  /** @internal */
  [INSPECT](): string {
    return this.toString();
  }
}

/** Most Deferreds never become Promises: a field would cost all of them. */
const promises = new WeakMap<Deferred<Any>, Promise<Any>>();

/** A Deferred that `source` fires, unless it has been cancelled before. */
export function derive<T>(source: Deferred<T>, mode: SuccessorMode): Deferred<T> {
  const follower: Deferred<T> = new Deferred<T>(() => dropSuccessor(source, successor));
  const successor = new Successor(source, follower, mode);
  addSuccessor(source, successor);
  return follower;
}

/** @throws {TypeError} unless `value` is a Deferred */
export function requireDeferred(action: string, value: unknown): void {
  requireKind(value instanceof Deferred, action, value, "a Deferred");
}

/** @throws {TypeError} for a Deferred, and for one of another copy of this package; `use` says what to do instead */
export function refuseDeferred(value: unknown, action = "fire a Deferred with", use = "chainDeferred"): void {
  if (value instanceof Deferred) throw new TypeError(`Cannot ${action} a Deferred: use ${use}()`);
  const foreign = foreignError(value);
  if (foreign) throw foreign;
}
