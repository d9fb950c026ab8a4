import type { Failure } from "./failure.ts";

/** Somebody fired a Deferred that had been fired before. */
export class AlreadyCalledError extends Error {
  override readonly name = "AlreadyCalledError";
}

/** What a cancelled Deferred fails with, unless its canceller fired it with something else. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";

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
    super(`Deferred ${index} failed first: ${subFailure.getErrorMessage()}`, { cause: subFailure.value });
  }
}
