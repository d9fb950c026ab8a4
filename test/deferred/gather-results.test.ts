import { expect, test } from "bun:test";
import {
  CancelledError,
  Deferred,
  fail,
  FirstError,
  gatherResults,
  succeed,
} from "../../src/deferred/mod.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn, obliging, three } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");

test("gatherResults() 5.9 fires with the values in order, at once if there are none", () => {
  const [a, b] = three();
  const gathered = gatherResults([a, b, succeed(3)]);
  b.callback("B");
  a.callback("A");
  expect(valueOf(gathered)).toEqual(["A", "B", 3]);
  expect(valueOf(gatherResults([]))).toEqual([]);
  expect(valueOf(gatherResults(new Set([succeed(1), succeed(2)])))).toEqual([1, 2]);
});

test("gatherResults() 5.9 fails with FirstError and leaves the others running", () => {
  const [a, b] = three();
  const gathered = gatherResults([a, b]);
  a.errback(error);
  expect(failureOf(gathered, FirstError).cause).toBe(error);
  expect(b.called).toBe(false);
  expect(failureOf(a)).toBe(error);
  b.callback("B");
});

test("gatherResults() 5.9 with consumeErrors consumes the members' errors", () => {
  const failed = fail(error);
  const gathered = gatherResults([succeed(1), failed], { consumeErrors: true });
  expect(valueOf(failed)).toBeUndefined();
  expect(failureOf(gathered, FirstError).subFailure.value).toBe(error);
});

test("gatherResults() 5.9 with cancelOthers cancels the others before it fails with the first error", () => {
  const notes: unknown[] = [];
  const [a, b] = three();
  b.addErrback(noteIn(notes, "b"));
  const gathered = gatherResults([b, a, obliging()], { cancelOthers: true, consumeErrors: true });
  gathered.addErrback(noteIn(notes, "gathered"));
  a.errback(error);
  expect(notes).toEqual([
    "b: CancelledError: The operation was cancelled",
    "gathered: FirstError: Deferred #1 failed first: [Failure RangeError: too far]",
  ]);
  expect(failureOf(gathered, FirstError).cause).toBe(error);
});

test("gatherResults().cancel() 5.9 cancels every member and fails as the first of them does", () => {
  const [a, b] = three();
  const gathered = gatherResults([a, b]);
  gathered.cancel();
  expect([a.called, b.called]).toEqual([true, true]);
  expect(failureOf(gathered, FirstError).subFailure.check(CancelledError)).toBe(CancelledError);
});

test("gatherResults().cancel() 5.9 succeeds if every member does so nevertheless", () => {
  const gathered = gatherResults([obliging(), obliging()]);
  gathered.cancel();
  expect(valueOf(gathered)).toEqual(["what there was", "what there was"]);
});

test("gatherResults() 5.9 that was fired by hand does not affect its members", () => {
  const members = [new Deferred<number>(), new Deferred<number>()];
  const gathered = gatherResults(members);
  gathered.callback([]);
  members[0]?.callback(1);
  members[1]?.callback(2);
  expect(members.map(valueOf)).toEqual([1, 2]);
});

test("gatherResults() 5.9 with cancelOthers leaves members alone that go on when all have succeeded", () => {
  const [a, b] = three();
  const more = new Deferred<string>();
  const gathered = gatherResults([a, b], { cancelOthers: true });
  a.addCallback(() => more);
  a.callback("A");
  b.callback("B");
  expect(valueOf(gathered)).toEqual(["A", "B"]);
  more.callback("more");
  expect(valueOf(a)).toBe("more");
});
