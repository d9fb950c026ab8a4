import { afterEach, beforeEach, expect } from "bun:test";
import { Deferred, Failure, setUnhandledErrorReporter, unhandledErrors } from "../../src/deferred/mod.ts";

/** What `valueOf` and `errorOf` answer for a Deferred that has not got that far. */
export const PENDING = Symbol("pending");

/** Takes the value that `deferred` has now; fails the test if it failed. */
export function valueOf(deferred: Deferred): unknown {
  const outcome = take(deferred);
  if (outcome instanceof Failure) outcome.throwException();
  return outcome;
}

/** Takes the error that `deferred` has failed with. */
export function errorOf(deferred: Deferred): unknown {
  const outcome = take(deferred);
  if (outcome === PENDING) return PENDING;
  expect(outcome).toBeInstanceOf(Failure);
  return (outcome as Failure).value;
}

/** Three Deferreds that wait to be fired. */
export function three(): [Deferred<string>, Deferred<string>, Deferred<string>] {
  return [new Deferred<string>(), new Deferred<string>(), new Deferred<string>()];
}

/** A Deferred that answers a cancel with a value. */
export function obliging(): Deferred<string> {
  return new Deferred<string>((each) => each.callback("what there was"));
}

/** A link that notes what it gets, under a name, and passes it on. */
export function noteIn(notes: unknown[], name?: string): <R>(result: R) => R {
  return (result) => {
    const shown = result instanceof Failure ? result.value : result;
    notes.push(name === undefined ? shown : `${name}: ${String(shown)}`);
    return result;
  };
}

/** What is reported as unhandled during each test of a file; the same array, empty at the start of each. */
export function recordReports(): unknown[] {
  const reported: unknown[] = [];
  beforeEach(() => {
    reported.length = 0;
    setUnhandledErrorReporter((failure) => void reported.push(failure.value));
  });
  afterEach(() => void setUnhandledErrorReporter());
  return reported;
}

/** After each test of a file: no failure may be left that nobody handled. */
export function leaveNothingUnhandled(): void {
  afterEach(() => {
    expect(unhandledErrors()).toEqual([]);
  });
}

function take(deferred: Deferred): unknown {
  let outcome: unknown = PENDING;
  deferred.addBoth((result) => {
    outcome = result;
  });
  return outcome;
}
