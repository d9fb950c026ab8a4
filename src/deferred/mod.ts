/** Twisted's Deferred: what the rest of the world may use of this folder. */
export { abortable, cancelOnAbort } from "./abort.ts";
export { fail, fromPromise, maybeDeferred, shield, succeed } from "./adapt.ts";
export {
  deferredList,
  gatherResults,
  race,
  type GatherOptions,
  type ListedOutcome,
  type ListOptions,
  type ValueOf,
} from "./combine.ts";
export { setDebugging } from "./debug.ts";
export {
  Deferred,
  type Canceller,
  type EventualValue,
  type Fireable,
  type Outcome,
  type ValueAfter,
} from "./deferred.ts";
export {
  AlreadyCalledError,
  CancelledError,
  QueueOverflowError,
  QueueUnderflowError,
  TimeoutError,
} from "./errors.ts";
export { Failure, FailureGroup, FirstError, type ErrorClass } from "./failure.ts";
export { inlineCallbacks } from "./inline.ts";
export { DeferredLock, DeferredSemaphore } from "./lock.ts";
export { DeferredQueue } from "./queue.ts";
export { type TimeoutClock } from "./timeout.ts";
export {
  setUnhandledErrorReporter,
  unhandledErrors,
  type ReportingOptions,
  type UnhandledErrorReporter,
} from "./unhandled.ts";
