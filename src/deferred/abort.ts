import { Deferred, requireDeferred } from "./deferred.ts";
import type { Outcome } from "./outcome.ts";
import { show } from "./describe.ts";
import { TimeoutError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { isCancellation } from "./unhandled.ts";

declare global {
  // For consumers without the DOM's types: an interface merges with what they have.
  interface AbortSignal {}
}

/**
 * Cancels `deferred` when `signal` is aborted, at once if it has been; stops listening when the chain gets here. The
 * CancelledError has the signal's reason as its `cause`. A signal of `AbortSignal.timeout()` makes a TimeoutError of it.
 *
 * @returns `deferred`
 * @throws {TypeError} if one of the two is something else
 * @example
 * cancelOnAbort(fetchPoem(), request.signal);
 */
export function cancelOnAbort<T>(deferred: Deferred<T>, signal: AbortSignal): Deferred<T> {
  requireDeferred("cancelOnAbort", deferred);
  requireSignal(signal);
  let reason: unknown;
  const cancel = (): void => {
    reason = signal.reason;
    deferred.cancel(reason);
  };
  signal.addEventListener("abort", cancel, { once: true });
  const ended = deferred.addBoth((result): Outcome<T> => {
    signal.removeEventListener("abort", cancel);
    const timedOut = isTimeout(reason) && isCancellation(result);
    return timedOut ? new Failure(new TimeoutError(Number.NaN, { cause: reason })) : result;
  });
  if (signal.aborted) cancel();
  return ended;
}

/**
 * Calls `fn` with a signal that is aborted when the Deferred it returns is cancelled, with the reason of that: for
 * functions that know AbortSignal but not Deferred.
 *
 * @example
 * abortable((signal) => fetch(url, { signal })).addTimeout(5000);
 */
export function abortable<T>(fn: (signal: AbortSignal) => Outcome<T>): Deferred<T> {
  const controller = new AbortController();
  const source = Deferred.try(fn, controller.signal);
  const deferred = new Deferred<T>((_, reason) => controller.abort(reason));
  source.addBoth((result) => {
    if (!deferred.called) deferred.callback(result); // Otherwise it was cancelled: this is the answer to that.
  });
  return deferred;
}

/** By what it can do: a signal may come from another realm. */
function requireSignal(signal: AbortSignal | null | undefined): void {
  if (typeof signal?.aborted !== "boolean" || typeof signal.addEventListener !== "function")
    throw new TypeError(`Cannot cancelOnAbort() with ${show(signal)}: not an AbortSignal`);
}

/** Whether `reason` is that of `AbortSignal.timeout()`. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "TimeoutError" && !(reason instanceof TimeoutError);
}
