import { Deferred, derive, requireDeferred } from "./deferred.ts";
import { OFFER } from "./link.ts";
import type { NoDeferred, ValueAfter } from "./outcome.ts";

/**
 * A Deferred that has fired with `value`: a result that is available now, for callers that expect one later. With a
 * Failure, one that has failed.
 *
 * @throws {TypeError} for a Deferred, which needs no wrapping
 * @example
 * return cached ? succeed(cached) : fetchPoem();
 */
export function succeed<T extends void = void>(): Deferred<T>;
export function succeed<T>(value: NoDeferred<T>): Deferred<ValueAfter<T>>;
export function succeed<T>(value?: T): Deferred<T | undefined> {
  const deferred = new Deferred<T | undefined>();
  deferred.callback(value);
  return deferred;
}

/**
 * A Deferred that has failed with `error`: any value, or a Failure, which is kept.
 *
 * @throws {TypeError} for a Deferred
 * @example
 * return fail(new RangeError("There is no poem 7"));
 */
export function fail<T = never, E = unknown>(error: NoDeferred<E>): Deferred<T> {
  const deferred = new Deferred<T>();
  deferred.errback(error);
  return deferred;
}

/**
 * Calls `fn` and returns its outcome as a Deferred: a returned Deferred unchanged, a Promise adopted, a throw or a
 * returned Failure as a failure, any other value as a success.
 *
 * @example
 * maybeDeferred(transform, poem).addCallback(print);
 */
export const maybeDeferred: typeof Deferred.try = (fn: () => unknown, ...args: []) =>
  Deferred.try(fn, ...args);

/**
 * A Deferred that takes over the outcome of `deferred` (which goes on with `undefined`), but does not pass a
 * cancel on to it: after a cancel the outcome stays in `deferred`.
 *
 * @throws {TypeError} if `deferred` is not a Deferred
 * @example
 * request.addCallback(() => shield(writeToStore(poem)));
 */
export function shield<T>(deferred: Deferred<T>): Deferred<T> {
  requireDeferred("shield", deferred);
  return derive(deferred, OFFER);
}

/**
 * A Deferred that fires as `promise` settles (a turn of the microtask queue later, as Promises do).
 *
 * @throws {TypeError} if `promise` has no `then`
 * @example
 * fromPromise(readFile(path)).addCallback((bytes) => bytes.length);
 */
export function fromPromise<T>(promise: PromiseLike<T>): Deferred<T> {
  return Deferred.fromPromise(promise);
}
