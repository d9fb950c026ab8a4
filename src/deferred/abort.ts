import { requireMethod } from "./check.ts";
import { Deferred, requireDeferred } from "./deferred.ts";
import type { Outcome } from "./outcome.ts";
import { TimeoutError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { isCancellation } from "./unhandled.ts";

declare global {
  // For users without the DOM's types: the interface merges with theirs.
  interface AbortSignal {}
}

/**
 * Cancels `deferred` when `signal` is aborted, at once if it already is; stops listening when the chain gets here. The
 * CancelledError has the signal's reason as its `cause`; for a signal of `AbortSignal.timeout()` it becomes a TimeoutError.
 *
 * @returns `deferred`
 * @throws {TypeError} if an argument is of another type
 * @example
 * cancelOnAbort(fetchPoem(), request.signal);
 */
export function cancelOnAbort<T>(deferred: Deferred<T>, signal: AbortSignal): Deferred<T> {
  requireDeferred("cancelOnAbort", deferred);
  requireMethod("cancelOnAbort by", signal, "addEventListener"); // Not by its class: it may come from another realm.
  let reason: unknown;
  const cancel = (): void => {
    reason = signal.reason;
    deferred.cancel(reason);
  };
  signal.addEventListener("abort", cancel);
  deferred.addBoth((result): Outcome<T> => {
    signal.removeEventListener("abort", cancel);
    const isTimeout =
      (reason as Error | undefined)?.name === "TimeoutError" && !(reason instanceof TimeoutError);
    return isTimeout && isCancellation(result)
      ? new Failure(new TimeoutError(Number.NaN, { cause: reason }))
      : result;
  });
  if (signal.aborted) cancel();
  return deferred;
}

/**
 * Calls `fn` with a signal, for functions that know AbortSignal but not Deferred. Cancelling the Deferred that this returns
 * aborts the signal, with the reason given to `cancel()`.
 *
 * @example
 * abortable((signal) => fetch(url, { signal })).addTimeout(5000);
 */
export function abortable<T>(fn: (signal: AbortSignal) => Outcome<T>): Deferred<T> {
  const controller = new AbortController();
  const source = Deferred.try(fn, controller.signal);
  const deferred = new Deferred<T>((_, reason) => controller.abort(reason));
  source.addBoth((result) => {
    if (!deferred.called) deferred.callback(result); // Otherwise it was cancelled, and this is the response.
  });
  return deferred;
}
