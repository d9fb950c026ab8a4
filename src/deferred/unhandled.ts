import { plainClock, type Clock } from "../time/clock.ts";
import { requireFunction, requireKind, requireMethod } from "./check.ts";
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
export class PendingReport {
  /** Where the Deferred was made and fired, in debug mode. */
  _origin: { toString(): string } = "";
  /** The failure that was last reported, so as not to report it again. */
  _reported: Failure | undefined = undefined;
  /** Whether the result has gone to another Deferred. */
  _handedOver = false;
}

/** The failures that nobody has handled so far. */
const unhandled = new Map<PendingReport, Failure>();
/** Notices that a Deferred was collected, if errors are reported then. */
let collected: FinalizationRegistry<PendingReport> | undefined;

let reporter: UnhandledErrorReporter = throwUnhandled;
/** Whose next turn; `undefined` if errors are reported at collection. */
let turn: Pick<Clock, "nextTurn"> | undefined = plainClock;
let turnIsDue = false;

onExit(reportAtExit);

/** The chain of `owner` ended in `failure`, which is reported unless it is handled. */
export function notePending(owner: object, pending: PendingReport, failure: Failure): void {
  if (failure === pending._reported || isCancellation(failure)) return settle(pending);
  unhandled.set(pending, failure);
  collected?.register(owner, pending); // Registering again is harmless: reported failures are not open any more.
  reportSoon();
}

/** The failure was handled, or handed over. */
export function settle(pending: PendingReport): void {
  unhandled.delete(pending);
}

/** Where the Deferred was made and fired, as text; empty outside debug mode. */
export function originOf(pending: PendingReport | undefined): string {
  return String(pending?._origin ?? "");
}

/** Reports an error that has no chain to go down, such as that of a canceller. Errors of the reporter are reported, too. */
export function report(failure: Failure, pending?: PendingReport): void {
  const origin = originOf(pending);
  try {
    reporter(failure, origin);
  } catch (error) {
    reportToConsole(failure, origin);
    reportToConsole(Failure.of(error), origin);
  }
}

/**
 * Sets the function that is called with unhandled errors, and when. Without arguments, and initially, they are thrown in
 * the next turn where nothing can catch them: Node and Bun then exit with 1 unless somebody listens for
 * `uncaughtException`; browsers and Deno get an `error` event (`reportError`).
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
  requireKind(when === "next turn" || when === "collection", "report", when, '"next turn" or "collection"');
  requireMethod("report by", clock, "nextTurn");
  const previous = reporter;
  reporter = next;
  turn = when === "next turn" ? clock : undefined;
  collected = turn ? undefined : new FinalizationRegistry(reportIfOpen);
  turnIsDue = false;
  if (unhandled.size) reportSoon();
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
  return [...unhandled.keys()].map(take) as Failure[];
}

/** In the next turn, if that is when errors are reported. */
function reportSoon(): void {
  const clock = turn;
  if (!clock || turnIsDue) return;
  turnIsDue = true;
  clock.nextTurn(() => {
    if (turn !== clock) return; // The setting has changed since.
    turnIsDue = false;
    reportOpen();
  });
}

/** Failures that a reporter leaves open get another turn. */
function reportOpen(): void {
  [...unhandled.keys()].forEach(reportIfOpen);
}

function reportIfOpen(pending: PendingReport): void {
  const failure = take(pending);
  if (failure) report(failure, pending);
}

/** Takes the open failure, which counts as reported from now on. */
function take(pending: PendingReport): Failure | undefined {
  pending._reported = unhandled.get(pending);
  settle(pending);
  return pending._reported;
}

/** Whether a Deferred, or a list of them, was cancelled: not worth reporting if nobody listens any more. */
export function isCancellation(failure: unknown): failure is Failure {
  return failure instanceof Failure && !!failure.find(CancelledError);
}

/** The process ends: open failures will not be handled any more. */
function reportAtExit(): void {
  if (unhandled.size > 0 && reporter === throwUnhandled) {
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
