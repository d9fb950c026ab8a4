/** Twisted's Deferred: what the rest of the world may use of this folder. */
export { fail, fromPromise, maybeDeferred, succeed, toPromise } from "./adapt.ts";
export { setDebugging } from "./debug.ts";
export { Deferred, type Fireable, type Outcome } from "./deferred.ts";
export {
  AlreadyCalledError,
  CancelledError,
  FailureGroup,
  FirstError,
  QueueOverflowError,
  QueueUnderflowError,
  TimeoutError,
} from "./errors.ts";
export { Failure, type ErrorClass } from "./failure.ts";
export { type Canceller } from "./link.ts";
export {
  setUnhandledErrorReporter,
  unhandledErrors,
  type ReportingOptions,
  type UnhandledErrorReporter,
} from "./unhandled.ts";
