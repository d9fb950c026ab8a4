import { CancelledError } from "./errors.ts";
import type { Failure } from "./failure.ts";

/** Told of every error that nobody handled, once. */
export type UnhandledErrorReporter = (failure: Failure) => void;

/**
 * What outlives a Deferred that ended in a failure: the failure, and nothing that leads back to the Deferred, or it
 * would never be collected.
 */
export interface Liability {
  failure: Failure | undefined;
}

const open = new Set<Liability>();
const collected = new FinalizationRegistry<Liability>((liability) => {
  const { failure } = liability;
  settle(liability);
  if (failure) report(failure);
});

let reporter: UnhandledErrorReporter = reportToConsole;

/** Makes `owner` liable for the failures that `blame` records from now on. */
export function liabilityOf(owner: object): Liability {
  const liability: Liability = { failure: undefined };
  collected.register(owner, liability);
  return liability;
}

/** The owner's chain ended in `failure`: it is reported if the owner is collected like this. */
export function blame(liability: Liability, failure: Failure): void {
  // A plain cancellation that nobody listens to any more is no news.
  if (failure.value instanceof CancelledError) return settle(liability);
  liability.failure = failure;
  open.add(liability);
}

/** The failure was handled, or became somebody else's concern. */
export function settle(liability: Liability): void {
  liability.failure = undefined;
  open.delete(liability);
}

/** Reports an error that has no chain to go down: a canceller that threw. */
export function report(failure: Failure): void {
  reporter(failure);
}

/**
 * Chooses who is told of unhandled errors; without an argument, `console.error` again.
 *
 * @returns the reporter that was in place before
 */
export function setUnhandledErrorReporter(
  next: UnhandledErrorReporter = reportToConsole,
): UnhandledErrorReporter {
  const previous = reporter;
  reporter = next;
  return previous;
}

/**
 * Takes the failures that nobody has handled so far and that were not reported yet: they will not be reported later.
 * For the end of a test, where waiting for the garbage collector is no way to find a lost error.
 */
export function unhandledErrors(): Failure[] {
  const failures = Array.from(open, (liability) => liability.failure as Failure);
  for (const liability of open) settle(liability);
  return failures;
}

function reportToConsole(failure: Failure): void {
  console.error(`Unhandled error in Deferred: ${failure.stack}`);
}
