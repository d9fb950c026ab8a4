import { maybeDeferred } from "./adapt.ts";
import { Deferred, requireDeferred, type Outcome } from "./deferred.ts";
import { show } from "./describe.ts";

/**
 * Cancels `deferred` when `signal` is aborted, at once if it has been; stops listening when the chain gets here.
 *
 * @returns `deferred`
 * @throws {TypeError} if one of the two is something else
 * @example
 * cancelOnAbort(fetchPoem(), request.signal);
 */
export function cancelOnAbort<T>(deferred: Deferred<T>, signal: AbortSignal): Deferred<T> {
  requireDeferred("cancelOnAbort", deferred);
  if (!(signal instanceof AbortSignal))
    throw new TypeError(`Cannot cancelOnAbort() with ${show(signal)}: not an AbortSignal`);
  const cancel = () => deferred.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  deferred.addBoth((result) => {
    signal.removeEventListener("abort", cancel);
    return result;
  });
  if (signal.aborted) cancel();
  return deferred;
}

/**
 * Calls `fn` with a signal that is aborted when the Deferred it returns is cancelled: for functions that know
 * AbortSignal but not Deferred.
 *
 * @example
 * abortable((signal) => fetch(url, { signal })).addTimeout(5000);
 */
export function abortable<T>(fn: (signal: AbortSignal) => Outcome<T> | PromiseLike<T>): Deferred<T> {
  const controller = new AbortController();
  const source = maybeDeferred(fn, controller.signal);
  const deferred = new Deferred<T>(() => controller.abort());
  source.addBoth((result) => {
    if (!deferred.called) deferred.callback(result); // Otherwise it was cancelled, and this is the answer to that.
  });
  return deferred;
}
