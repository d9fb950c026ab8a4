/** Called by `cancel()` on a Deferred that has not fired. */
export type CancelHook = (deferred: never, reason: unknown) => unknown;

/**
 * Returned by a canceller that has passed the request on: the Deferred is not failed, but will fire once its sources
 * have responded. Also replaces a canceller while it runs, because it may call `cancel()` again.
 */
export const PASSED_ON: CancelHook = () => PASSED_ON;

/** Replaces it after a cancel without a canceller: the code that fires the Deferred does not know yet, and may do so once. */
export const SWALLOWS_NEXT: CancelHook = () => PASSED_ON;
