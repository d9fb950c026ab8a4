import { afterEach, beforeEach, expect } from "bun:test";
import { Deferred, Failure, setUnhandledErrorReporter, unhandledErrors } from "../../src/deferred/mod.ts";

/** Three Deferreds that have not fired. */
export function three(): [Deferred<string>, Deferred<string>, Deferred<string>] {
  return [new Deferred<string>(), new Deferred<string>(), new Deferred<string>()];
}

/** A Deferred whose canceller fires it with a value. */
export function obliging(): Deferred<string> {
  return new Deferred<string>((each) => each.callback("what there was"));
}

/** A link that records what it gets, under a name, and passes it on. */
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

/** Checks after each test of a file that no failure was left unhandled. */
export function leaveNothingUnhandled(): void {
  afterEach(() => {
    expect(unhandledErrors()).toEqual([]);
  });
}
