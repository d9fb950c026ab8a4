import { Deferred, follow, isThenable, requireDeferred, type Outcome, type ValueAfter } from "./deferred.ts";
import { Failure } from "./failure.ts";

/**
 * A Deferred that has fired with `value`: an answer that is here now, for callers who expect one later. A Failure makes
 * one that has failed.
 *
 * @throws {TypeError} for a Deferred: it needs no other
 * @example
 * return cached ? succeed(cached) : fetchPoem();
 */
export function succeed<T>(value: T): Deferred<ValueAfter<T>>;
export function succeed(): Deferred<undefined>;
export function succeed<T>(value?: T): Deferred<T | undefined> {
  const deferred = new Deferred<T | undefined>();
  deferred.callback(value);
  return deferred;
}

/**
 * A Deferred that has failed with `error`: any value, or a Failure, which is kept as it is.
 *
 * @throws {TypeError} for a Deferred
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
): Deferred<ValueAfter<T>>;
export function maybeDeferred<R, A extends unknown[]>(
  fn: (...args: A) => R,
  ...args: A
): Deferred<R extends PromiseLike<infer U> ? U : Exclude<R, Failure>>;
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
  return isThenable<T>(result) ? fromPromise(result) : (succeed(result) as Deferred<T>);
}

/** Another name for `maybeDeferred`: Twisted's `execute` differs only in what no one wants of it. */
export const execute: typeof maybeDeferred = maybeDeferred;

/**
 * A Deferred that takes over the outcome of `deferred` (which goes on with `undefined`), but does not pass a cancel on to
 * it: then the outcome, when it comes, stays where it is.
 *
 * @throws {TypeError} if `deferred` is none
 * @example
 * request.addCallback(() => shield(writeToStore(poem)));
 */
export function shield<T>(deferred: Deferred<T>): Deferred<T> {
  requireDeferred("shield", deferred);
  return follow(deferred, "offer");
}

/**
 * A Deferred that fires as `promise` settles (a turn of the microtask queue later, as Promises do).
 *
 * @throws {TypeError} if `promise` has no `then`
 */
export function fromPromise<T>(promise: PromiseLike<T>): Deferred<T> {
  return Deferred.fromPromise(promise);
}

/** The Promise of a Deferred: for the edges of the program. */
export function toPromise<T>(deferred: Deferred<T>): Promise<T> {
  return deferred.toPromise();
}
