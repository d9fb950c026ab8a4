import { systemClock, type Clock } from "../time/clock.ts";
import { requireFunction } from "./check.ts";
import { originText, type Origin } from "./debug.ts";
import { show } from "./describe.ts";
import { CancelledError } from "./errors.ts";
import { Failure, FailureGroup, FirstError } from "./failure.ts";

/**
 * Told of every error that nobody handled, once.
 *
 * @param origin where the Deferred was made and fired, as text to put below the error; empty without debug mode
 */
export type UnhandledErrorReporter = (failure: Failure, origin: string) => void;

/** When an error counts as unhandled. */
export interface ReportingOptions {
  /**
   * "collection" (the default, as in Twisted): when the Deferred is garbage, so that no errback can ever be added;
   * "next turn": when it has no errback by the next turn of the loop, as Node does for Promises.
   */
  when?: "collection" | "next turn";
  /** Whose next turn; the machine's by default. */
  clock?: Pick<Clock, "nextTurn">;
}

/**
 * What outlives a Deferred that ended in a failure, and what debug mode remembers of it. Nothing here leads back to
 * the Deferred, or it would never be collected.
 */
export class Liability implements Origin {
  failure: Failure | undefined = undefined;
  fired: Error | undefined = undefined;
  /** The failure that was reported last: once is enough. */
  reported: Failure | undefined = undefined;
  /** Whether the result has gone to another Deferred. */
  handedOver = false;
  /** Whether the end of the Deferred will be noticed. */
  registered = false;

  constructor(readonly created?: Error) {}
}

const open = new Set<Liability>();
const collected = new FinalizationRegistry<Liability>(reportIfOpen);

let reporter: UnhandledErrorReporter = reportToConsole;
let turn: Pick<Clock, "nextTurn"> | undefined;
let turnIsDue = false;

/** The chain of `owner` ended in `failure`: it is reported if it stays so. */
export function blame(owner: object, liability: Liability, failure: Failure): void {
  if (failure === liability.reported || isCancellation(failure.value)) return settle(liability);
  liability.failure = failure;
  open.add(liability);
  if (!liability.registered) {
    liability.registered = true;
    collected.register(owner, liability);
  }
  reportSoon();
}

/** The failure was handled, or became somebody else's concern. */
export function settle(liability: Liability): void {
  if (liability.failure === undefined) return;
  liability.failure = undefined;
  open.delete(liability);
}

/** Reports an error that has no chain to go down: a canceller that threw. What a reporter throws is itself reported. */
export function report(failure: Failure, origin?: Origin): void {
  const text = originText(origin);
  try {
    reporter(failure, text);
  } catch (error) {
    for (const each of [failure, Failure.of(error)]) reportToConsole(each, text);
  }
}

/** In debug mode: reports what is done to a Deferred that has nothing to give any more. */
export function reportIfHandedOver(liability: Liability | undefined, event: string): void {
  if (!liability?.handedOver) return;
  const message = `The result of a Deferred has gone to another one, and now ${event}: it will see undefined`;
  report(Failure.of(new Error(message)), liability);
}

/**
 * Chooses who is told of unhandled errors, and when; without arguments, `console.error` once the Deferred is garbage.
 *
 * @returns the reporter that was in place before
 * @throws {TypeError} if `next` is not a function, `when` is neither of the two, or `clock` is no clock
 * @example
 * setUnhandledErrorReporter((failure) => log.error(failure.stack), { when: "next turn" });
 */
export function setUnhandledErrorReporter(
  next: UnhandledErrorReporter = reportToConsole,
  { when = "collection", clock = systemClock }: ReportingOptions = {},
): UnhandledErrorReporter {
  requireFunction("setUnhandledErrorReporter", next);
  if (when !== "collection" && when !== "next turn")
    throw new TypeError(`Cannot report ${show(when)}: "collection" or "next turn" is needed`);
  if (typeof clock?.nextTurn !== "function")
    throw new TypeError(`Cannot report by ${show(clock)}: a clock with nextTurn() is needed`);
  const previous = reporter;
  reporter = next;
  turn = when === "next turn" ? clock : undefined;
  turnIsDue = false;
  if (open.size > 0) reportSoon();
  return previous;
}

/**
 * Takes the failures that nobody has handled so far and that were not reported yet: they will not be reported later.
 * For the end of a test, where waiting for the garbage collector is no way to find a lost error.
 *
 * @example
 * afterEach(() => expect(unhandledErrors()).toEqual([]));
 */
export function unhandledErrors(): Failure[] {
  const failures: Failure[] = [];
  for (const liability of open) {
    const failure = take(liability);
    if (failure) failures.push(failure);
  }
  return failures;
}

/** In the next turn, if that is when errors are reported. */
function reportSoon(): void {
  if (!turn || turnIsDue) return;
  turnIsDue = true;
  const clock = turn;
  clock.nextTurn(() => {
    if (turn !== clock) return; // Since then it was decided otherwise.
    turnIsDue = false;
    const due = Array.from(open); // What a reporter itself leaves has a turn of its own.
    due.forEach(reportIfOpen);
  });
}

function reportIfOpen(liability: Liability): void {
  const failure = take(liability);
  if (failure) report(failure, liability);
}

/** The failure that is open, which thereby counts as reported. */
function take(liability: Liability): Failure | undefined {
  const { failure } = liability;
  settle(liability);
  liability.reported = failure;
  return failure;
}

/** Whether `error` says that a Deferred was cancelled, or a list of them: no news if nobody listens any more. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof FirstError) return isCancellation(error.subFailure.value);
  if (error instanceof FailureGroup)
    return error.failures.length > 0 && error.failures.every(({ value }) => isCancellation(value));
  return error instanceof CancelledError;
}

function reportToConsole(failure: Failure, origin: string): void {
  console.error(`Unhandled error in Deferred: ${failure.stack}${origin}`);
}
