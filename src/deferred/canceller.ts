/** What `cancel()` calls on a Deferred that has not fired. */
export type CancelHook = (deferred: never, reason: unknown) => unknown;

/**
 * What a canceller returns that has passed the request on: the Deferred is not failed, it will fire when its sources
 * have answered.
 */
export const PASSED_ON = Symbol("passed on");

/** Stands in for the canceller while that runs: it may call `cancel()` again. */
export const CANCELLING: CancelHook = () => PASSED_ON;

/** Stands in after a cancel without a canceller: the code that was to fire the Deferred does not know yet, and may do so once. */
export const SWALLOWS_NEXT: CancelHook = () => PASSED_ON;
