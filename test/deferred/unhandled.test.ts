import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  CancelledError,
  Deferred,
  fail,
  type Failure,
  FailureGroup,
  FirstError,
  setDebugging,
  setUnhandledErrorReporter,
  succeed,
  unhandledErrors,
} from "../../src/deferred/mod.ts";
import { ManualClock } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

const COLLECTION = { when: "collection" } as const;

let reported: string[];
let origins: string[];

beforeEach(() => {
  reported = [];
  origins = [];
  setUnhandledErrorReporter((failure, origin) => {
    reported.push(failure.getErrorMessage());
    origins.push(origin);
  }, COLLECTION);
});

afterEach(() => {
  setUnhandledErrorReporter();
  setDebugging(false);
});

const MOST_ROUNDS = 100;

function ignore(): void {}

/** What is reported once the Deferreds made by `make` were collected; waits for at least `count` errors. */
async function reportedOf(make: () => void, count = 0): Promise<string[]> {
  make();
  for (let round = 0; round < 3 || (reported.length < count && round < MOST_ROUNDS); round++) {
    // JavaScriptCore keeps alive the last object that a piece of code has seen: show it another one.
    fail(new CancelledError()).addCallback(() => {});
    succeed(1).addCallback(() => {});
    const paused = new Deferred();
    paused.pause();
    paused.errback(new CancelledError());
    await new Promise((resolve) => setImmediate(resolve));
    Bun.gc(true);
  }
  await new Promise((resolve) => setImmediate(resolve));
  return reported;
}

test("Deferred 8 that ends in a failure is reported when it is collected", async () => {
  expect(await reportedOf(() => void fail(new Error("lost")), 1)).toEqual(["lost"]);
});

test("Deferred 8 is reported once, with the last failure: an errback that throws replaces it", async () => {
  const replaced = await reportedOf(() => {
    fail(new Error("first")).addErrback(() => {
      throw new Error("second");
    });
  }, 1);
  expect(replaced).toEqual(["second"]);
});

test("Deferred 8 is not reported if an errback returned a value, however late it was added", async () => {
  const kept: Deferred[] = [];
  expect(await reportedOf(() => void kept.push(fail(new Error("late"))))).toEqual([]);
  const rescued = await reportedOf(() => {
    fail(new Error("handled")).addErrback(() => "fine");
    kept.pop()!.addErrback(() => "fine");
  });
  expect(rescued).toEqual([]);
});

test("Deferred 8 that hands its failure to an outer is no longer liable: the outer is", async () => {
  const handedOver = await reportedOf(() => {
    succeed(1).addCallback(() => fail(new Error("taken at once")));
    const inner = new Deferred<string>();
    succeed(1)
      .addCallback(() => inner)
      .addErrback(() => "handled");
    inner.errback(new Error("waited for"));
  }, 1);
  expect(handedOver).toEqual(["taken at once"]);
});

test("Deferred 8 forgets its failure when an errback chains it to a Deferred that never fires", async () => {
  expect(await reportedOf(() => void fail(new Error("x")).addErrback(() => new Deferred()))).toEqual([]);
});

test("Deferred.chainDeferred() 8 hands over the duty to handle a failure", async () => {
  const chained = await reportedOf(() => {
    const other = new Deferred<string>();
    fail<string>(new Error("chained")).chainDeferred(other);
    other.addErrback(() => "handled");
  });
  expect(chained).toEqual([]);
});

test("Deferred.toPromise() 8 hands the failure to the Promise", async () => {
  const promise = fail(new Error("awaited")).toPromise();
  expect(unhandledErrors()).toEqual([]);
  expect(
    await promise.then(
      () => "value",
      (error: Error) => error.message,
    ),
  ).toBe("awaited");
});

test("Deferred 8 is reported when it failed while paused and is collected before unpause()", async () => {
  const paused = await reportedOf(() => {
    const d = new Deferred();
    d.pause();
    d.addErrback(() => "never");
    d.errback(new Error("paused"));
  }, 1);
  expect(paused).toEqual(["paused"]);
});

test("Deferred 8 does not report what is swallowed after a cancel, nor a plain cancellation", async () => {
  const cancelled = await reportedOf(() => {
    const d = new Deferred();
    d.cancel();
    d.errback(new Error("swallowed"));
    fail(new FirstError(d.result as Failure, 0));
    fail(new FailureGroup([d.result as Failure]));
  });
  expect(cancelled).toEqual([]);
});

test("unhandledErrors() 8 returns the unhandled failures, and removes them", () => {
  const d = fail(new Error("lost"));
  const [failure, ...others] = unhandledErrors();
  expect(failure).toBe(d.result as Failure);
  expect(others).toEqual([]);
  expect(unhandledErrors()).toEqual([]);
});

test("unhandledErrors() 8 removes them from what collection would report", async () => {
  expect(
    await reportedOf(() => {
      fail(new Error("taken"));
      unhandledErrors();
    }),
  ).toEqual([]);
});

test("setUnhandledErrorReporter() 8 returns the previous reporter", () => {
  setUnhandledErrorReporter(ignore);
  expect(setUnhandledErrorReporter()).toBe(ignore);
});

test("setUnhandledErrorReporter() 9 reports in the next turn, if requested, what has no errback by then", () => {
  const clock = new ManualClock();
  setUnhandledErrorReporter((failure) => void reported.push(failure.getErrorMessage()), {
    when: "next turn",
    clock,
  });
  const late = fail(new Error("handled in time"));
  const lost = [fail(new Error("lost")), fail(new Error("lost, too"))];
  late.addErrback(() => "fine");
  expect(reported).toEqual([]);
  clock.turn();
  expect(reported).toEqual(["lost", "lost, too"]);
  fail(new Error("a turn later"));
  clock.turn();
  clock.turn();
  expect(reported).toEqual(["lost", "lost, too", "a turn later"]);
  expect(lost.every((each) => each.called)).toBe(true);
});

test("setDebugging() 8 adds the stacks of creation and firing to a report", async () => {
  setDebugging(true);
  await reportedOf(function makeAndFire() {
    fail(new Error("lost"));
  }, 1);
  expect(origins[0]).toMatch(/Created:\n.*makeAndFire[^]*First fired:\n.*makeAndFire/s);
});

test("setUnhandledErrorReporter() 8 reports what is pending when it is switched to the next turn", () => {
  const clock = new ManualClock();
  const d = fail(new Error("open"));
  setUnhandledErrorReporter((failure) => reported.push(failure.getErrorMessage()), {
    when: "next turn",
    clock,
  });
  clock.turn();
  expect(reported).toEqual(["open"]);
  d.addErrback(() => {});
});

test("setUnhandledErrorReporter() 8 reports nothing in a turn that is due when it is switched back", () => {
  const clock = new ManualClock();
  const note = (failure: Failure) => reported.push(failure.getErrorMessage());
  setUnhandledErrorReporter(note, { when: "next turn", clock });
  const d = fail(new Error("open"));
  setUnhandledErrorReporter(note, COLLECTION);
  clock.turn();
  expect(reported).toEqual([]);
  d.addErrback(() => {});
});

test("unhandledErrors() 8 returns a failure once, whatever else passes", () => {
  const d = fail(new Error("once"));
  expect(unhandledErrors()).toHaveLength(1);
  d.pause();
  d.addCallback(() => "never");
  d.unpause();
  expect(unhandledErrors()).toEqual([]);
});

test("setUnhandledErrorReporter() 8 reports an error of its reporter in a separate turn", () => {
  const clock = new ManualClock();
  setUnhandledErrorReporter(
    (failure) => {
      reported.push(failure.getErrorMessage());
      fail(new Error("reporting"));
    },
    { when: "next turn", clock },
  );
  fail(new Error("open"));
  clock.turn();
  clock.turn();
  expect(reported).toEqual(["open", "reporting"]);
  unhandledErrors();
});

test("setUnhandledErrorReporter() takes a turn of its clock only if there is something to report", () => {
  const clock = new ManualClock();
  setUnhandledErrorReporter((failure) => void reported.push(failure.getErrorMessage()), { clock });
  expect(clock.pending).toBe(0);
  fail(new RangeError("lost"));
  expect(clock.pending).toBe(1);
  clock.turn();
  expect([reported, clock.pending]).toEqual([["lost"], 0]);
});
