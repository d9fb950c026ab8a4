import { expect, test } from "bun:test";
import {
  CancelledError,
  Deferred,
  deferredList,
  fail,
  Failure,
  FailureGroup,
  FirstError,
  succeed,
  unhandledErrors,
} from "../../src/deferred/mod.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn, recordReports, obliging, three } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");
const reported = recordReports();

test("deferredList() 5.4 fires with every outcome, in the order of its members, when all have fired", () => {
  const [a, b, c] = three();
  const list = deferredList([a, b, c]);
  c.callback("C");
  a.callback("A");
  expect(list.called).toBe(false);
  b.errback(error);
  const failure = b.result;
  expect(valueOf<unknown>(list)).toEqual([
    [true, "A"],
    [false, failure],
    [true, "C"],
  ]);
  expect(failureOf(b)).toBe(error);
});

test("deferredList() 5.4 fires at once when its members have, or when there are none", () => {
  const failed = fail(error);
  expect(valueOf<unknown>(deferredList([succeed(2), failed]))).toEqual([
    [true, 2],
    [false, failed.result],
  ]);
  expect(failureOf(failed)).toBe(error);
  expect(valueOf(deferredList([]))).toEqual([]);
});

test("deferredList() 5.4 copies the members it is given", () => {
  const [a, b, late] = three();
  const members = [a, b];
  const list = deferredList(members);
  members.push(late);
  list.cancel();
  expect([a.called, b.called, late.called]).toEqual([true, true, false]);
});

test("deferredList() 5.4 sees the result of earlier callbacks of a member; later callbacks see what it passes on", () => {
  const notes: unknown[] = [];
  const d = new Deferred<string>();
  const upper = d.addCallback((text) => text.toUpperCase());
  const list = deferredList([upper]);
  upper.addCallback(noteIn(notes)).addCallback(() => "changed later");
  d.callback("poem");
  expect(notes).toEqual(["POEM"]);
  expect(valueOf(list)).toEqual([[true, "POEM"]]);
});

test("deferredList() 5.5 fires with the first success and its index", () => {
  const [a, b, c] = three();
  const list = deferredList([a, b, c], { fireOnOneCallback: true });
  a.errback(error);
  expect(list.called).toBe(false);
  b.callback("B");
  expect(valueOf(list)).toEqual(["B", 1]);
  c.callback("C");
  expect(failureOf(a)).toBe(error);
});

test("deferredList() 5.5 fails with FailureGroup when one success was requested and there is none", () => {
  const [a, b] = three();
  const list = deferredList([a, b], { fireOnOneCallback: true, consumeErrors: true });
  b.errback("second");
  a.errback("first");
  const group = failureOf(list, FailureGroup);
  expect(group).toBeInstanceOf(FailureGroup);
  expect(group.failures.map((failure) => failure.value)).toEqual(["first", "second"]);
  expect(group.message).toBe("All 2 Deferreds failed\n  [Failure string: first]\n  [Failure string: second]");
});

test("deferredList() 5.5 fails at once when one success was requested and there is no member", () => {
  const notes: unknown[] = [];
  const list = deferredList([], { fireOnOneCallback: true }).addCallback(noteIn(notes));
  expect(failureOf(list)).toBeInstanceOf(FailureGroup);
  expect(notes).toEqual([]);
});

test("deferredList() 5.6 fails with FirstError at the first failure; later ones stay in their members", () => {
  const [a, b, c] = three();
  const list = deferredList([a, b, c], { fireOnOneErrback: true });
  a.callback("A");
  expect(list.called).toBe(false);
  b.errback(error);
  const first = failureOf(list, FirstError);
  expect(first).toBeInstanceOf(FirstError);
  expect({ index: first.index, value: first.subFailure.value }).toEqual({ index: 1, value: error });
  c.errback("later");
  expect(unhandledErrors().map((failure) => failure.value)).toEqual([error, "later"]);
});

test("deferredList() 5.6 fails at once when a member has failed before", () => {
  const failed = fail(error);
  const list = deferredList([failed, new Deferred()], { fireOnOneErrback: true });
  expect(failureOf(list)).toBeInstanceOf(FirstError);
  expect(failureOf(failed)).toBe(error);
});

test("deferredList() 5.7 leaves the error in the member, which reports it again if it is not handled", () => {
  const d = new Deferred<string>();
  const list = deferredList([d]);
  d.errback(error);
  expect(list.called).toBe(true);
  expect(unhandledErrors().map((failure) => failure.value)).toEqual([error]);
});

test("deferredList() 5.7 with consumeErrors makes a failed member go on with undefined", () => {
  const d = new Deferred<string>();
  const list = deferredList([d], { consumeErrors: true });
  d.errback(error);
  expect(valueOf(d)).toBeUndefined();
  expect(valueOf(list)).toEqual([[false, expect.any(Failure)]]);
});

test("deferredList().cancel() 5.8 cancels every member and waits for their outcomes", () => {
  const cleaningUp = new Deferred<string>();
  const slow = new Deferred<string>().addErrback(() => cleaningUp);
  const list = deferredList([obliging(), new Deferred(), slow], { consumeErrors: true });
  list.cancel();
  expect(list.called).toBe(false);
  cleaningUp.callback("cleaned up");
  expect(valueOf(list)).toEqual([
    [true, "what there was"],
    [false, expect.objectContaining({ value: expect.any(CancelledError) })],
    [true, "cleaned up"],
  ]);
});

test("deferredList().cancel() 5.8 may be called again, for whatever the members wait for then", () => {
  const cleaningUp = new Deferred<string>();
  const list = deferredList([new Deferred<string>().addErrback(() => cleaningUp)], { consumeErrors: true });
  list.cancel();
  list.cancel();
  expect(cleaningUp.called).toBe(true);
  expect(list.called).toBe(true);
});

test("deferredList().cancel() 5.8 reports a canceller that throws and goes on with the rest", () => {
  const throwing = new Deferred(() => {
    throw error;
  });
  const other = new Deferred();
  const list = deferredList([throwing, other]);
  list.cancel();
  expect(reported).toEqual([error]);
  expect([list.called, other.called]).toEqual([true, true]);
});

test("deferredList().cancel() 5.8 treats the outcomes of the members as the options say", () => {
  const one = deferredList([obliging(), new Deferred()], { fireOnOneCallback: true });
  const none = deferredList([new Deferred(), new Deferred()], { fireOnOneCallback: true });
  const first = deferredList([new Deferred(), obliging()], { fireOnOneErrback: true });
  const all = deferredList([obliging(), obliging()], { fireOnOneErrback: true });
  for (const list of [one, none, first, all]) list.cancel();
  expect(valueOf(one)).toEqual(["what there was", 0]);
  expect(failureOf(none)).toBeInstanceOf(FailureGroup);
  expect(failureOf(first, FirstError).subFailure.check(CancelledError)).toBe(CancelledError);
  expect(valueOf(all)).toEqual([
    [true, "what there was"],
    [true, "what there was"],
  ]);
});

for (const option of ["fireOnOneCallback", "fireOnOneErrback"] as const)
  test(`deferredList().cancel() 5.8 does nothing when ${option} has fired it`, () => {
    const [a, b] = three();
    const list: Deferred = deferredList([a, b], { [option]: true, consumeErrors: true });
    if (option === "fireOnOneCallback") a.callback("A");
    else a.errback(error);
    list.addErrback(() => {}).cancel();
    expect(b.called).toBe(false);
  });

test("deferredList().cancel() 5.8 reaches the Deferred it waits for after it has fired", () => {
  const inner = new Deferred<string>();
  const list = deferredList([]).addCallback(() => inner);
  list.cancel();
  expect(failureOf(list)).toBeInstanceOf(CancelledError);
});
