/** What `cancel()` calls on a Deferred that has not fired. */
export type CancelHook = (deferred: never) => unknown;

/**
 * What a canceller returns that has passed the request on, or wants it passed on to `next`: the Deferred is not failed,
 * it will fire when its sources have answered.
 */
export class PassedOn<C = never> {
  constructor(readonly next?: C) {}
}

/** Stands in for the canceller while that runs: it may call `cancel()` again. */
export const CANCELLING: CancelHook = () => new PassedOn();

/** Stands in after a cancel without a canceller: whoever was to fire the Deferred does not know yet, and may once. */
export const SWALLOWS_NEXT: CancelHook = () => new PassedOn();
