/**
 * Somebody fired a Deferred that had been fired before. In debug mode the message tells where it was made and fired.
 *
 * @example
 * fire.addErrback(AlreadyCalledError, () => "too late");
 */
export class AlreadyCalledError extends Error {
  override readonly name = "AlreadyCalledError";
}

/**
 * What a cancelled Deferred fails with, unless its canceller fired it with something else. Its `cause` is the reason that
 * `cancel()` was given, or the signal's.
 *
 * @example
 * lookUp(title).addErrback(CancelledError, ({ cause }) => log(`given up: ${cause}`));
 */
export class CancelledError extends Error {
  override readonly name = "CancelledError";

  /** @param message what was cancelled, if there is more to say */
  constructor(message = "The operation was cancelled", options?: { cause?: unknown }) {
    super(message, options);
  }
}

/**
 * `addTimeout` cancelled the Deferred because its time was up, or `cancelOnAbort` did for a signal of
 * `AbortSignal.timeout()`. Its `cause` is the FirstError or FailureGroup of a list that was cancelled, or the signal's reason.
 *
 * @example
 * fetchPoem().addTimeout(5000).addErrback(TimeoutError, ({ ms }) => `nothing in ${ms} ms`);
 */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";

  /** @param ms the time that was allowed, in milliseconds; NaN if only a signal knows */
  constructor(
    readonly ms: number,
    options?: { cause?: unknown },
  ) {
    super(Number.isNaN(ms) ? "Timed out" : `Timed out after ${ms} ms`, options);
  }
}

/**
 * Putting into a DeferredQueue that is full.
 *
 * @example
 * try { jobs.put(job); } catch (error) { if (error instanceof QueueOverflowError) refuse(job); }
 */
export class QueueOverflowError extends Error {
  override readonly name = "QueueOverflowError";

  /** @param size how many items the queue may hold */
  constructor(size: number) {
    super(`Cannot put into the queue: it holds ${size} of ${size} items already`);
  }
}

/**
 * Asking a DeferredQueue for an item when enough others wait for one.
 *
 * @example
 * maybeDeferred(() => jobs.get()).addErrback(QueueUnderflowError, () => "no job for you");
 */
export class QueueUnderflowError extends Error {
  override readonly name = "QueueUnderflowError";

  /** @param backlog how many may wait */
  constructor(backlog: number) {
    super(`Cannot get from the queue: ${backlog} of ${backlog} callers wait already`);
  }
}

/**
 * Using a DeferredQueue that has been closed: putting into it, or asking for an item when none is left.
 *
 * @example
 * jobs.get().addCallback(run).addErrback(QueueClosedError, () => "that was all");
 */
export class QueueClosedError extends Error {
  override readonly name = "QueueClosedError";

  /** @param action what could not be done */
  constructor(action: string) {
    super(`Cannot ${action} the queue: it is closed`);
  }
}

/**
 * Asking to be let in by a lock or semaphore when enough others wait already.
 *
 * @example
 * fetches.run(fetchPoem, address).addErrback(TooManyWaitingError, () => "busy");
 */
export class TooManyWaitingError extends Error {
  override readonly name = "TooManyWaitingError";

  /** @param maxWaiting how many may wait */
  constructor(maxWaiting: number) {
    super(`Cannot acquire: ${maxWaiting} of ${maxWaiting} callers wait already`);
  }
}
