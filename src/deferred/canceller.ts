import type { Deferred } from "./deferred.ts";
import type { Any } from "./link.ts";

/** Asked to bring the operation to an end; it may fire the Deferred itself. */
export type Canceller = (deferred: Deferred<Any>) => unknown;

/** What a canceller returns that has only passed the request on: the Deferred fires when its source has an answer. */
export const STILL_WAITING = Symbol("still waiting");

/** Stands in for the canceller while that runs: it may call `cancel()` again. */
export const CANCELLING: Canceller = () => STILL_WAITING;

/** Stands in after a cancel without a canceller: whoever was to fire the Deferred does not know yet, and may once. */
export const SWALLOWS_NEXT: Canceller = () => STILL_WAITING;
