/** Twisted's Deferred: what the rest of the world may use of this folder. */
export { fail, fromPromise, maybeDeferred, succeed, toPromise } from "./adapt.ts";
export { Deferred, type Canceller, type Outcome } from "./deferred.ts";
export { AlreadyCalledError, CancelledError, FirstError, TimeoutError } from "./errors.ts";
export { Failure, type ErrorClass } from "./failure.ts";
export { setUnhandledErrorReporter, unhandledErrors, type UnhandledErrorReporter } from "./unhandled.ts";
