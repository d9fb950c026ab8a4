import { Deferred, type Outcome } from "./deferred.ts";
import { Failure } from "./failure.ts";

/**
 * A Deferred that has fired with `value`: an answer that is here now, for callers who expect one later.
 *
 * @example
 * return cached ? succeed(cached) : fetchPoem();
 */
export function succeed<T>(value: T): Deferred<T>;
export function succeed(): Deferred<undefined>;
export function succeed<T>(value?: T): Deferred<T | undefined> {
  const deferred = new Deferred<T | undefined>();
  deferred.callback(value);
  return deferred;
}

/**
 * A Deferred that has failed with `error`.
 *
 * @example
 * return fail(new RangeError("There is no poem 7"));
 */
export function fail<T = never>(error: unknown): Deferred<T> {
  const deferred = new Deferred<T>();
  deferred.errback(error);
  return deferred;
}

/**
 * Calls `fn` and gives its outcome as a Deferred, whatever kind of function it is: a Deferred it returns as it is, a
 * Promise adopted, a throw or a returned Failure as a failure, anything else as a success.
 *
 * @example
 * maybeDeferred(transform, poem).addCallback(print);
 */
export function maybeDeferred<T, A extends unknown[]>(
  fn: (...args: A) => Outcome<T> | PromiseLike<T>,
  ...args: A
): Deferred<T> {
  let result: Outcome<T> | PromiseLike<T>;
  try {
    result = fn(...args);
  } catch (error) {
    return fail(error);
  }
  if (result instanceof Deferred) return result;
  if (result instanceof Failure) return fail(result);
  if (isThenable<T>(result)) return fromPromise(result);
  return succeed(result);
}

/** Another name for `maybeDeferred`: Twisted's `execute` differs only in what no one wants of it. */
export const execute: typeof maybeDeferred = maybeDeferred;

/**
 * A Deferred with the outcome of `deferred`, but cancelling it does not reach that one, whose outcome, if it comes
 * later, stays where it is.
 *
 * @example
 * request.addCallback(() => shield(writeToStore(poem)));
 */
export function shield<T>(deferred: Deferred<T>): Deferred<T> {
  const shielded = new Deferred<T>(() => {}); // A canceller: after it, nothing is swallowed.
  deferred.addBoth((result): Outcome<T | undefined> => {
    if (shielded.called) return result;
    shielded.callback(result);
    return undefined;
  });
  return shielded;
}

/** A Deferred that fires as `promise` settles (a turn of the microtask queue later, as Promises do). */
export function fromPromise<T>(promise: PromiseLike<T>): Deferred<T> {
  // A Promise cannot be cancelled: without a canceller, its late outcome is swallowed.
  const deferred = new Deferred<T>();
  promise.then(
    (value) => deferred.callback(value),
    (error: unknown) => deferred.errback(error),
  );
  return deferred;
}

/** The Promise of a Deferred: for the edges of the program. */
export function toPromise<T>(deferred: Deferred<T>): Promise<T> {
  return deferred.toPromise();
}

/** Whether `value` is a Promise, or as good as one. */
export function isThenable<T>(value: unknown): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
}
