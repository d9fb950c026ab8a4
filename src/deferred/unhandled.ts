import { plainClock, type Clock } from "../time/clock.ts";
import { requireFunction } from "./check.ts";
import { show } from "./describe.ts";
import { CancelledError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { exitWithFailure, onExit, throwToHost } from "./host.ts";

/**
 * Called once for each error that was not handled.
 *
 * @param origin where the Deferred was made and fired, as text to append to the error; empty outside debug mode
 * @example
 * const toLog: UnhandledErrorReporter = (failure, origin) => log.error(failure.stack + origin);
 */
export type UnhandledErrorReporter = (failure: Failure, origin: string) => void;

/**
 * When an error counts as unhandled.
 *
 * @example
 * const options: ReportingOptions = { when: "collection" };
 */
export interface ReportingOptions {
  /**
   * "next turn" (the default): if it has no errback by the next turn of the loop, much as Node does for Promises;
   * "collection", as in Twisted: when the Deferred is garbage, so that no errback can be added any more. In both cases,
   * errors still open when the process exits are reported then.
   */
  when?: "collection" | "next turn";
  /** Whose next turn; the machine's by default. */
  clock?: Pick<Clock, "nextTurn">;
}

/**
 * The record of a Deferred that ended in a failure, and of debug mode; it outlives the Deferred. Nothing here refers to the
 * Deferred, or it would never be collected.
 */
export class Liability {
  failure: Failure | undefined = undefined;
  /** The failure that was last reported, so as not to report it again. */
  reported: Failure | undefined = undefined;
  /** Whether the result has gone to another Deferred. */
  handedOver = false;

  /** @param origin where the Deferred was made and fired, as text, in debug mode */
  constructor(public origin?: () => string) {}
}

const open = new Set<Liability>();
/** Notices that a Deferred was collected, if errors are reported then. */
let collected: FinalizationRegistry<Liability> | undefined;

let reporter: UnhandledErrorReporter = throwUnhandled;
let turn: Pick<Clock, "nextTurn"> | undefined = plainClock;
let turnIsDue = false;
let exitIsWatched = false;

/** The chain of `owner` ended in `failure`, which is reported unless it is handled. */
export function blame(owner: object, liability: Liability, failure: Failure): void {
  if (failure === liability.reported || isCancellation(failure)) return settle(liability);
  liability.failure = failure;
  open.add(liability);
  collected?.register(owner, liability); // Registering again is harmless: reported failures are not open any more.
  if (!exitIsWatched) {
    exitIsWatched = true;
    onExit(reportAtExit);
  }
  reportSoon();
}

/** The failure was handled, or handed over. */
export function settle(liability: Liability): void {
  if (liability.failure === undefined) return;
  liability.failure = undefined;
  open.delete(liability);
}

/** Reports an error that has no chain to go down, such as that of a canceller. Errors of the reporter are reported, too. */
export function report(failure: Failure, liability?: Liability): void {
  const text = liability?.origin?.() ?? "";
  try {
    reporter(failure, text);
  } catch (error) {
    for (const each of [failure, Failure.of(error)]) reportToConsole(each, text);
  }
}

/**
 * Sets the function that is called with unhandled errors, and when. Without arguments, and initially, they are thrown in
 * the next turn where nothing can catch them: Node and Bun then exit with 1 unless somebody listens for `uncaughtException`; browsers and
 * Deno get an `error` event (`reportError`).
 *
 * @returns the reporter that was in place before
 * @throws {TypeError} if `next` is not a function, `when` is neither of the two, or `clock` is not a clock
 * @example
 * setUnhandledErrorReporter((failure, origin) => log.error(failure.stack + origin));
 */
export function setUnhandledErrorReporter(
  next: UnhandledErrorReporter = throwUnhandled,
  { when = "next turn", clock = plainClock }: ReportingOptions = {},
): UnhandledErrorReporter {
  requireFunction("setUnhandledErrorReporter", next);
  if (when !== "collection" && when !== "next turn")
    throw new TypeError(`Cannot report ${show(when)}: "collection" or "next turn" is needed`);
  if (typeof clock?.nextTurn !== "function")
    throw new TypeError(`Cannot report by ${show(clock)}: a clock with nextTurn() is needed`);
  const previous = reporter;
  reporter = next;
  turn = when === "next turn" ? clock : undefined;
  collected = turn ? undefined : new FinalizationRegistry(reportIfOpen);
  turnIsDue = false;
  if (open.size > 0) reportSoon();
  return previous;
}

/**
 * Takes the failures that have been neither handled nor reported so far; they will not be reported later. For the end of a
 * test, which cannot wait for the garbage collector to find a lost error.
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
    if (turn !== clock) return; // The setting has changed since.
    turnIsDue = false;
    reportOpen();
  });
}

/** Failures that a reporter leaves open get another turn. */
function reportOpen(): void {
  Array.from(open).forEach(reportIfOpen);
}

function reportIfOpen(liability: Liability): void {
  const failure = take(liability);
  if (failure) report(failure, liability);
}

/** Takes the open failure, which counts as reported from now on. */
function take(liability: Liability): Failure | undefined {
  const { failure } = liability;
  settle(liability);
  liability.reported = failure;
  return failure;
}

/** Whether a Deferred, or a list of them, was cancelled: not worth reporting if nobody listens any more. */
export function isCancellation(failure: unknown): failure is Failure {
  return failure instanceof Failure && failure.find(CancelledError) !== undefined;
}

/** The process ends: open failures will not be handled any more. */
function reportAtExit(): void {
  if (open.size > 0 && reporter === throwUnhandled) {
    exitWithFailure();
    reporter = reportToConsole;
  }
  reportOpen();
}

/** The default reporter. */
function throwUnhandled(failure: Failure, origin: string): void {
  const { value } = failure;
  if (origin) reportToConsole(failure, origin); // An error has no place for it.
  throwToHost(
    value instanceof Error
      ? value
      : new Error(`Unhandled error in Deferred: ${failure.getErrorMessage()}`, { cause: value }),
  );
}

function reportToConsole(failure: Failure, origin: string): void {
  console.error(`Unhandled error in Deferred: ${failure.stack}${origin}`);
}
