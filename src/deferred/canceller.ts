import type { Chain } from "./chain.ts";
import type { Deferred } from "./deferred.ts";
import type { Any } from "./link.ts";

/** Asked to bring the operation to an end; it may fire the Deferred itself. */
export type Canceller = (deferred: Deferred<Any>) => unknown;

/**
 * What a canceller returns that has passed the request on, or wants it passed on to `next`: the Deferred is not failed,
 * it will fire when its sources have answered.
 */
export class PassedOn {
  constructor(readonly next?: Chain) {}
}

/** Stands in for the canceller while that runs: it may call `cancel()` again. */
export const CANCELLING: Canceller = () => new PassedOn();

/** Stands in after a cancel without a canceller: whoever was to fire the Deferred does not know yet, and may once. */
export const SWALLOWS_NEXT: Canceller = () => new PassedOn();
