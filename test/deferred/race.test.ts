import { expect, test } from "bun:test";
import { CancelledError, Deferred, fail, FailureGroup, race, succeed } from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn, obliging, three } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");

test("race() 5.10 fires with the first success, having cancelled the others", () => {
  const notes: unknown[] = [];
  const [a, b, c] = three();
  for (const each of [a, c]) each.addErrback(noteIn(notes, "loser"));
  const winner = race([a, b, c]).addCallback(([index, value]) => void notes.push(`${index}: ${value}`));
  b.callback("B");
  expect(notes).toEqual([
    "loser: CancelledError: The operation was cancelled",
    "loser: CancelledError: The operation was cancelled",
    "1: B",
  ]);
  expect(valueOf(winner)).toBeUndefined();
});

test("race() 5.10 consumes the outcomes of the others, whatever they are", () => {
  const [a, b] = three();
  const stubborn = new Deferred<string>((each) => each.errback(error));
  const failed = fail<string>(error);
  const winner = race([failed, a, obliging(), stubborn, b]);
  a.callback("A");
  b.callback("swallowed");
  expect(valueOf(winner)).toEqual([1, "A"]);
  expect([failed, stubborn, b].map((each) => each.result)).toEqual([undefined, undefined, undefined]);
});

test("race() 5.10 continues after a failure and fires with a later success", () => {
  const [a, b] = three();
  const winner = race([a, b]);
  a.errback(error);
  expect(winner.called).toBe(false);
  b.callback("B");
  expect(valueOf(winner)).toEqual([1, "B"]);
});

test("race() 5.10 fails with FailureGroup, in the order of its members, when all have failed", () => {
  const [a, b] = three();
  const winner = race([a, b]);
  b.errback("second");
  a.errback("first");
  expect(failureOf(winner, FailureGroup).failures.map((failure) => failure.value)).toEqual([
    "first",
    "second",
  ]);
});

test("race() 5.10 does not cancel a winner that continues with another Deferred", () => {
  const more = new Deferred<string>();
  const [a, b] = three();
  const winner = race([a, b]);
  a.callback("A");
  a.addCallback(() => more);
  winner.cancel();
  expect(more.called).toBe(false);
});

test("race().cancel() 5.10 cancels all and fails with their failures", () => {
  const [a, b] = three();
  const winner = race([a, b]);
  winner.cancel();
  const group = failureOf(winner, FailureGroup);
  expect(group.failures.map((failure) => failure.check(CancelledError))).toEqual([
    CancelledError,
    CancelledError,
  ]);
});

test("race().cancel() 5.10 succeeds if a canceller fires its Deferred with a value", () => {
  const winner = race([new Deferred<string>(), obliging()]);
  winner.cancel();
  expect(valueOf(winner)).toEqual([1, "what there was"]);
});

test("race() 5.10 of nothing fails at once", () => {
  const winner = race([]);
  expect(winner.called).toBe(true);
  expect(failureOf(winner, FailureGroup).message).toBe("All 0 Deferreds failed");
});

test("race() 5.10 copies its members", () => {
  const members = [new Deferred<string>()];
  const winner = race(members);
  members.push(succeed("late"));
  unfired(winner);
});

test("race() 5.10 leaves members alone that go on when all have failed", () => {
  const [a, b] = three();
  const more = new Deferred<string>();
  const winner = race([a, b]);
  a.addCallback(() => more);
  a.errback(error);
  b.errback(error);
  failureOf(winner, FailureGroup);
  more.callback("more");
  expect(valueOf(a)).toBe("more");
});
