import { Deferred, type Outcome } from "./deferred.ts";
import { Failure } from "./failure.ts";

/** A Deferred that has fired with `value`: an answer that is here now, for callers who expect one later. */
export function succeed<T>(value: T): Deferred<T>;
export function succeed(): Deferred<undefined>;
export function succeed<T>(value?: T): Deferred<T | undefined> {
  const deferred = new Deferred<T | undefined>();
  deferred.callback(value);
  return deferred;
}

/** A Deferred that has failed with `error`. */
export function fail<T = never>(error: unknown): Deferred<T> {
  const deferred = new Deferred<T>();
  deferred.errback(error);
  return deferred;
}

/**
 * Calls `fn` and gives its outcome as a Deferred, whatever kind of function it is: a Deferred it returns as it is, a
 * Promise adopted, a throw or a returned Failure as a failure, anything else as a success.
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
  if (isThenable(result)) return fromPromise(result);
  return succeed(result);
}

/** A Deferred that fires as `promise` settles (a turn of the microtask queue later, as Promises do). */
export function fromPromise<T>(promise: PromiseLike<T>): Deferred<T> {
  // A Promise cannot be cancelled: its late outcome is swallowed instead.
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

function isThenable<T>(value: unknown): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
}
