/** Somebody fired a Deferred that had been fired before. In debug mode the message tells where it was made and fired. */
export class AlreadyCalledError extends Error {
  override readonly name = "AlreadyCalledError";
}

/** What a cancelled Deferred fails with, unless its canceller fired it with something else. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";

  /** @param message what was cancelled, if there is more to say */
  constructor(message = "The operation was cancelled") {
    super(message);
  }
}

/** `addTimeout` cancelled the Deferred because its time was up. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";

  /** @param ms the time that was allowed, in milliseconds */
  constructor(readonly ms: number) {
    super(`Timed out after ${ms} ms`);
  }
}

/** Putting into a DeferredQueue that is full. */
export class QueueOverflowError extends Error {
  override readonly name = "QueueOverflowError";

  /** @param size how many items the queue may hold */
  constructor(size: number) {
    super(`Cannot put into the queue: it holds ${size} of ${size} items already`);
  }
}

/** Asking a DeferredQueue for an item when enough others wait for one. */
export class QueueUnderflowError extends Error {
  override readonly name = "QueueUnderflowError";

  /** @param backlog how many may wait */
  constructor(backlog: number) {
    super(`Cannot get from the queue: ${backlog} of ${backlog} callers wait already`);
  }
}
