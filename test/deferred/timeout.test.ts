import { expect, test } from "bun:test";
import {
  CancelledError,
  Deferred,
  fail,
  type Failure,
  gatherResults,
  race,
  succeed,
  TimeoutError,
} from "../../src/deferred/mod.ts";
import { ManualClock } from "../../src/deferred/testing.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");

test("Deferred.addTimeout() 4 fails with TimeoutError when the time is up", () => {
  const clock = new ManualClock();
  const d = new Deferred<string>().addTimeout(10, clock);
  clock.advance(9);
  expect(d.called).toBe(false);
  clock.advance(1);
  expect(clock.pending).toBe(0);
  const reason = failureOf(d, TimeoutError);
  expect(reason).toBeInstanceOf(TimeoutError);
  expect({ ms: reason.ms, message: reason.message }).toEqual({ ms: 10, message: "Timed out after 10 ms" });
});

for (const outcome of ["value", "failure"] as const)
  test(`Deferred.addTimeout() 4 lets a ${outcome} in time through and stops its timer`, () => {
    const clock = new ManualClock();
    const d = new Deferred<string>().addTimeout(10, clock, () => "timed out");
    if (outcome === "value") d.callback("poem");
    else d.errback(error);
    expect(clock.pending).toBe(0);
    clock.advance(20);
    expect(d.addErrback((failure) => failure.getErrorMessage()).result).toBe(
      outcome === "value" ? "poem" : "too far",
    );
  });

test("Deferred.addTimeout() 4 lets onTimeout make the result, from the outcome and the time", () => {
  const clock = new ManualClock();
  const seen: unknown[] = [];
  const d = new Deferred<string>().addTimeout(10, clock, (result, ms) => {
    seen.push((result as Failure).value, ms);
    return "a shorter poem";
  });
  clock.advance(10);
  expect(seen).toEqual([expect.any(CancelledError), 10]);
  expect(valueOf(d)).toBe("a shorter poem");
});

test("Deferred.addTimeout() 4 keeps the outcome of the canceller, a value or another failure", () => {
  const clock = new ManualClock();
  const value = new Deferred<string>((each) => each.callback("half a poem")).addTimeout(10, clock);
  const failure = new Deferred<string>((each) => each.errback(error)).addTimeout(10, clock);
  clock.advance(10);
  expect(valueOf(value)).toBe("half a poem");
  expect(failureOf(failure)).toBe(error);
});

test("Deferred.addTimeout() 4 passes any result to onTimeout, including that of the canceller", () => {
  const clock = new ManualClock();
  const value = new Deferred<string>((each) => each.callback("half a poem")).addTimeout(
    10,
    clock,
    () => "overridden",
  );
  const failure = new Deferred<string>((each) => each.errback(error)).addTimeout(
    10,
    clock,
    () => "overridden",
  );
  clock.advance(10);
  expect([valueOf(value), valueOf(failure)]).toEqual(["overridden", "overridden"]);
});

test("Deferred.addTimeout() 4 covers what was added before: an errback there sees CancelledError, one after it TimeoutError", () => {
  const clock = new ManualClock();
  const notes: unknown[] = [];
  const d = new Deferred<string>().addErrback(noteIn(notes)).addTimeout(10, clock).addErrback(noteIn(notes));
  clock.advance(10);
  expect(notes).toEqual([expect.any(CancelledError), expect.any(TimeoutError)]);
  expect(failureOf(d)).toBe(notes[1]);
});

test("Deferred.addTimeout() 4 stays a success when an errback before it handled the cancelling", () => {
  const clock = new ManualClock();
  const d = new Deferred<string>().addErrback(() => "handled").addTimeout(10, clock);
  const custom = new Deferred<string>().addErrback(() => "handled").addTimeout(10, clock, () => "overridden");
  clock.advance(10);
  expect([valueOf(d), valueOf(custom)]).toEqual(["handled", "overridden"]);
});

test("Deferred.addTimeout() 4 leaves a CancelledError after a cancel by hand, stops the timer, and does not call onTimeout", () => {
  const clock = new ManualClock();
  const cleaningUp = new Deferred<string>();
  const d = new Deferred<string>().addTimeout(10, clock, () => "timed out");
  const notes: unknown[] = [];
  d.addErrback(noteIn(notes)).addErrback(() => cleaningUp);
  d.cancel();
  expect(notes).toEqual([expect.any(CancelledError)]);
  clock.advance(20);
  expect(cleaningUp.called).toBe(false);
  expect(clock.pending).toBe(0);
});

test("Deferred.addTimeout() 4 on a fired Deferred leaves no timer behind", () => {
  const clock = new ManualClock();
  expect(valueOf(succeed("poem").addTimeout(10, clock))).toBe("poem");
  expect(failureOf(fail(error).addTimeout(10, clock))).toBe(error);
  expect(clock.pending).toBe(0);
});

test("Deferred.addTimeout() 4 on one that waits cancels the inner", () => {
  const clock = new ManualClock();
  const inner = new Deferred<string>();
  const outer = succeed(1)
    .addCallback(() => inner)
    .addTimeout(10, clock);
  clock.advance(10);
  expect(inner.called).toBe(true);
  expect(failureOf(outer)).toBeInstanceOf(TimeoutError);
});

test("Deferred.addTimeout() 4 applies when the chain gets there, if cancelling takes time", () => {
  const clock = new ManualClock();
  const cleaningUp = new Deferred<string>();
  const d = new Deferred<string>()
    .addErrback((failure) => cleaningUp.addCallback(() => failure))
    .addTimeout(10, clock);
  clock.advance(10);
  unfired(d);
  cleaningUp.callback("done");
  clock.advance(10);
  expect(failureOf(d, TimeoutError).ms).toBe(10);
});

test("Deferred.addTimeout() 4 fires even if the canceller of an earlier one takes its place", () => {
  const clock = new ManualClock();
  const d = new Deferred<string>().addTimeout(5, clock).addTimeout(10, clock, () => "never");
  clock.advance(20);
  const reason = failureOf(d, TimeoutError);
  expect({ ms: reason.ms, pending: clock.pending }).toEqual({ ms: 5, pending: 0 });
});

test("Deferred.addTimeout() 4 fails a list with TimeoutError if it only was cancelled", () => {
  const clock = new ManualClock();
  const lists: Deferred[] = [
    gatherResults([new Deferred(), new Deferred()], { consumeErrors: true }).addTimeout(1000, clock),
    race([new Deferred(), new Deferred()]).addTimeout(1000, clock),
  ];
  clock.advance(1000);
  expect(lists.map((list) => failureOf(list))).toEqual([expect.any(TimeoutError), expect.any(TimeoutError)]);
});
