/** Twisted's Deferred: the public interface of this folder. Tests may also use testing.ts. */
export type { Backoff } from "../time/backoff.ts";
export type { Clock, DelayedCall } from "../time/clock.ts";
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
export { captureContext, type ContextRunner } from "./context.ts";
export { cooperate, inTurns, type TurnOptions } from "./cooperate.ts";
export { getDebugging, setDebugging } from "./debug-mode.ts";
export { Deferred, type Canceller, type Resolvers } from "./deferred.ts";
export {
  AlreadyCalledError,
  CancelledError,
  QueueClosedError,
  QueueOverflowError,
  QueueUnderflowError,
  TimeoutError,
  TooManyWaitingError,
} from "./errors.ts";
export { every, type EveryOptions } from "./every.ts";
export { Failure, FailureGroup, FirstError, type ErrorClass } from "./failure.ts";
export { inlineCallbacks } from "./inline.ts";
export { later } from "./later.ts";
export { DeferredLock, DeferredSemaphore, type WaitingOptions } from "./lock.ts";
export type { EventualValue, Fireable, NoDeferred, Outcome, ValueAfter } from "./outcome.ts";
export { DeferredPool } from "./pool.ts";
export { DeferredQueue } from "./queue.ts";
export { retry, type RetryOptions } from "./retry.ts";
export { singleFlight, type SingleFlightOptions } from "./single-flight.ts";
export { type TimeoutClock } from "./timeout.ts";
export {
  setUnhandledErrorReporter,
  unhandledErrors,
  type ReportingOptions,
  type UnhandledErrorReporter,
} from "./unhandled.ts";
