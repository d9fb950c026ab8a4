import { expect, spyOn, test } from "bun:test";
import {
  AlreadyCalledError,
  CancelledError,
  Deferred,
  Failure,
  setUnhandledErrorReporter,
  succeed,
} from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn, recordReports } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");
const reported = recordReports();

test("Deferred.cancel() 4 without a canceller fails it with CancelledError", () => {
  const d = new Deferred<string>();
  d.cancel();
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

for (const late of ["callback", "errback"] as const)
  test(`Deferred.cancel() 4 without a canceller swallows the next ${late}(), and no second one`, () => {
    const d = new Deferred();
    d.cancel();
    d[late](error);
    d.cancel();
    expect(() => d.callback("again")).toThrow(AlreadyCalledError);
    expect(() => d.errback(error)).toThrow(AlreadyCalledError);
    expect(failureOf(d)).toBeInstanceOf(CancelledError);
  });

test("Deferred.cancel() 4 swallows a firing that an errback causes while it is being cancelled", () => {
  const d = new Deferred<string>();
  d.addErrback((failure) => {
    d.callback("late");
    return failure;
  });
  d.cancel();
  expect(() => d.callback("again")).toThrow(AlreadyCalledError);
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("Deferred.cancel() 4 calls the canceller once, with the Deferred, and fails it", () => {
  const notes: unknown[] = [];
  const d = new Deferred<string>((each) => void notes.push(each));
  d.cancel();
  d.cancel();
  expect(notes.length).toBe(1);
  expect(notes[0]).toBe(d);
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("Deferred.cancel() 4 with a canceller swallows nothing: a later firing throws", () => {
  const d = new Deferred<string>(() => {});
  d.cancel();
  expect(() => d.callback("late")).toThrow(AlreadyCalledError);
  expect(() => d.errback(error)).toThrow(AlreadyCalledError);
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("Deferred.cancel() 4 lets the canceller choose the value", () => {
  const d = new Deferred<string>((each) => each.callback("what there was"));
  d.cancel();
  expect(valueOf(d)).toBe("what there was");
  expect(() => d.callback("late")).toThrow(AlreadyCalledError);
});

test("Deferred.cancel() 4 lets the canceller choose the error", () => {
  const d = new Deferred<string>((each) => each.errback(error));
  d.cancel();
  expect(failureOf(d)).toBe(error);
});

test("Deferred.cancel() 4 reports what the canceller throws and goes on with CancelledError", () => {
  let calls = 0;
  const d = new Deferred<string>(() => {
    calls++;
    throw error;
  });
  expect(() => d.cancel()).not.toThrow();
  d.cancel();
  expect({ reported, calls }).toEqual({ reported: [error], calls: 1 });
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("Deferred.cancel() 4 keeps what a canceller fired before it threw", () => {
  const d = new Deferred<string>((each) => {
    each.callback("what there was");
    throw error;
  });
  d.cancel();
  expect(reported).toEqual([error]);
  expect(valueOf(d)).toBe("what there was");
});

test("Deferred.cancel() 4 does nothing when the canceller calls it", () => {
  const d = new Deferred<string>((each) => {
    each.cancel();
    each.errback(error);
  });
  d.cancel();
  expect(failureOf(d)).toBe(error);
});

for (const fire of ["callback", "errback"] as const)
  test(`Deferred.cancel() 4 does nothing after ${fire}()`, () => {
    const d = new Deferred(() => reported.push("canceller called"));
    d[fire](error);
    d.cancel();
    expect(d.addErrback((failure) => failure.value).result).toBe(error);
    expect(reported).toEqual([]);
  });

test("Deferred.cancel() 4 while it waits cancels the inner, not itself", () => {
  const inner = new Deferred<string>((each) => each.errback(error));
  const outer = new Deferred<undefined>(() => reported.push("outer's canceller called"));
  outer.callback(undefined);
  outer.addCallback(() => inner);
  outer.cancel();
  expect(failureOf(outer)).toBe(error);
  expect(() => outer.callback(undefined)).toThrow(AlreadyCalledError);
  expect(valueOf(inner)).toBeUndefined();
  expect(reported).toEqual([]);
});

test("Deferred.cancel() 4 while it waits lets the inner succeed all the same", () => {
  const inner = new Deferred<string>((each) => each.callback("what there was"));
  const outer = succeed(1).addCallback(() => inner);
  outer.cancel();
  expect(valueOf(outer)).toBe("what there was");
});

test("Deferred.cancel() 4 reaches the last of many that wait for each other", () => {
  const last = new Deferred<string>();
  const outer = succeed(1).addCallback(() => succeed(2).addCallback(() => last));
  outer.cancel();
  expect(last.called).toBe(true);
  expect(failureOf(outer)).toBeInstanceOf(CancelledError);
});

test("Deferred.cancel() 4 in one of its own callbacks does nothing", () => {
  const d = new Deferred<string>();
  d.addCallback((text) => {
    d.cancel();
    return text;
  });
  d.callback("poem");
  expect(valueOf(d)).toBe("poem");
});

test("Deferred.cancel() 4 of one that has fired and is paused does nothing", () => {
  const d = succeed("poem");
  d.pause();
  d.cancel();
  d.unpause();
  expect(valueOf(d)).toBe("poem");
});

test("Deferred.cancel() 4 of one that is paused and unfired fires it; the links run when it is unpaused", () => {
  const d = new Deferred<string>();
  d.pause();
  d.cancel();
  expect(d.called).toBe(true);
  unfired(d);
  d.addErrback((failure) => failure.check(CancelledError));
  d.unpause();
  expect(valueOf<unknown>(d)).toBe(CancelledError);
});

test("Deferred.cancel() 4 a second time cancels what it waits for now", () => {
  const cleaningUp = new Deferred<string>();
  const d = new Deferred<string>().addErrback(() => cleaningUp);
  d.cancel();
  expect(cleaningUp.called).toBe(false);
  d.cancel();
  expect(cleaningUp.called).toBe(true);
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("Deferred.cancel() 4 is a request: an errback may turn it into a value, or take its time", () => {
  const notes: unknown[] = [];
  const cleaningUp = new Deferred<string>();
  const turned = new Deferred<string>().addErrback(() => "never mind").addCallback(noteIn(notes));
  const delayed = new Deferred<string>().addErrback(() => cleaningUp).addCallback(noteIn(notes));
  turned.cancel();
  delayed.cancel();
  expect(notes).toEqual(["never mind"]);
  cleaningUp.callback("cleaned up");
  expect(notes).toEqual(["never mind", "cleaned up"]);
});

test("Deferred.cancel() 4 gives its errback a Failure that checks as CancelledError", () => {
  const d = new Deferred<string>();
  d.cancel();
  expect((d.result as Failure).check(RangeError, CancelledError)).toBe(CancelledError);
});

test("Deferred.cancel() 4 cancels also when the reporter of a canceller's error throws", () => {
  const said = spyOn(console, "error").mockImplementation(() => {});
  const previous = setUnhandledErrorReporter(() => {
    throw new Error("reporter");
  });
  try {
    const d = new Deferred(() => {
      throw new Error("canceller");
    });
    d.cancel();
    expect(failureOf(d)).toBeInstanceOf(CancelledError);
    const texts = said.mock.calls.map(([text]) => String(text).split("\n")[0]);
    expect(texts).toEqual([expect.stringContaining("canceller"), expect.stringContaining("reporter")]);
  } finally {
    setUnhandledErrorReporter(previous);
    said.mockRestore();
  }
});
