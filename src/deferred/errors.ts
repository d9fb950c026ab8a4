/**
 * A Deferred was fired again. In debug mode the message says where it was made and first fired.
 *
 * @example
 * fire.addErrback(AlreadyCalledError, () => "too late");
 */
export class AlreadyCalledError extends Error {
  override readonly name = "AlreadyCalledError";

  // oxlint-disable-next-line no-useless-constructor -- else the compiler makes one that takes anything
  constructor(message: string) {
    super(message);
  }
}

/**
 * A cancelled Deferred fails with this, unless its canceller fired it otherwise. Its `cause` is the argument of `cancel()`,
 * or the signal's reason.
 *
 * @example
 * lookUp(title).addErrback(CancelledError, ({ cause }) => log(`given up: ${cause}`));
 */
export class CancelledError extends Error {
  override readonly name = "CancelledError";

  /** @param message what was cancelled, if known */
  constructor(message = "The operation was cancelled", options?: { cause?: unknown }) {
    super(message, options);
  }
}

/**
 * The Deferred was cancelled by `addTimeout`, or by `cancelOnAbort` for a signal of `AbortSignal.timeout()`, because its
 * time was up. Its `cause` is the FirstError or FailureGroup of a list that was cancelled, or the signal's reason.
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
    super(ms >= 0 ? `Timed out after ${ms} ms` : "Timed out", options);
  }
}

/**
 * An item was put into a full DeferredQueue.
 *
 * @example
 * try { jobs.put(job); } catch (error) { if (error instanceof QueueOverflowError) refuse(job); }
 */
export class QueueOverflowError extends Error {
  override readonly name = "QueueOverflowError";

  /** @param size how many items the queue may hold */
  constructor(size: number) {
    super(`Cannot put into the queue: ${size} of ${size} items wait already`);
  }
}

/**
 * A DeferredQueue was asked for an item while the maximum number of callers was waiting.
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
 * A closed DeferredQueue was used: an item was put into it, or asked for when none was left.
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
 * A lock or semaphore was acquired while the maximum number of callers was waiting.
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
