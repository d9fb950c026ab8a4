import type { Failure } from "./failure.ts";

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

/** The first failure among several Deferreds that were waited for together. */
export class FirstError extends Error {
  override readonly name = "FirstError";

  /**
   * @param subFailure what that member failed with
   * @param index its place among the Deferreds, from 0
   */
  constructor(
    readonly subFailure: Failure,
    readonly index: number,
  ) {
    super(`Deferred #${index} failed first: ${subFailure.toString()}`, { cause: subFailure.value });
  }
}

/** Several Deferreds were waited for, one success would have done, and all failed. */
export class FailureGroup extends Error {
  override readonly name = "FailureGroup";

  /** @param failures what each failed with, in the order of the Deferreds */
  constructor(readonly failures: readonly Failure[]) {
    const reasons = failures.map((failure) => `\n  ${failure.toString()}`).join("");
    super(failures.length === 0 ? "There was no Deferred to wait for" : `Every Deferred failed:${reasons}`);
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
