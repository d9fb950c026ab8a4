import { afterEach, expect, test } from "bun:test";
import { inspect } from "node:util";
import {
  abortable,
  CancelledError,
  cancelOnAbort,
  Deferred,
  DeferredLock,
  fail,
  Failure,
  FailureGroup,
  gatherResults,
  getDebugging,
  inlineCallbacks,
  race,
  setDebugging,
  succeed,
  TimeoutError,
} from "../../src/deferred/mod.ts";
import { failureOf, ManualClock, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

afterEach(() => void setDebugging(false));

test("console.log() of a Deferred or Failure prints the same as describe() and toString()", () => {
  const d = succeed("poem");
  expect(inspect(d)).toBe('<Deferred idle, 0 links run, result "poem">');
  expect(inspect({ d })).toBe('{ d: <Deferred idle, 0 links run, result "poem"> }');
  expect(Object.prototype.toString.call(d)).toBe("[object Deferred]");
  const failure = new Failure(new RangeError("too far"));
  expect(inspect(failure)).toBe("[Failure RangeError: too far]");
  expect(Object.prototype.toString.call(failure)).toBe("[object Failure]");
});

test("JSON.stringify() of a Failure has name, message and stack", () => {
  const logged = JSON.parse(JSON.stringify({ failure: new Failure(new RangeError("too far")) })) as {
    failure: { name: string; message: string; stack: string };
  };
  expect(logged.failure).toMatchObject({ name: "RangeError", message: "too far" });
  expect(logged.failure.stack).toContain("manners.test.ts");
  expect(new Failure("text").toJSON()).toMatchObject({ name: "string", message: "text" });
});

test("DeferredLock can be held by `using`", () => {
  const lock = new DeferredLock();
  const lockedThen = inlineCallbacks(function* () {
    using held = yield* lock.acquire();
    yield succeed(1);
    return held.locked;
  })();
  expect([valueOf(lockedThen), lock.locked]).toEqual([true, false]);
});

test("Deferred.cancel() makes its reason the cause of the CancelledError, and passes it to cancellers", () => {
  const reasons: unknown[] = [];
  const d = new Deferred((_, reason) => void reasons.push(reason));
  d.cancel("no time");
  expect(failureOf(d, CancelledError).cause).toBe("no time");
  const waiting = succeed(1).addCallback(() => new Deferred((_, reason) => void reasons.push(reason)));
  waiting.cancel("later");
  expect(failureOf(waiting, CancelledError).cause).toBe("later");
  expect(reasons).toEqual(["no time", "later"]);
  const plain = new Deferred();
  plain.cancel();
  expect("cause" in failureOf(plain, CancelledError)).toBe(false);
});

test("Deferred.cancel() passes its reason on to the members of a list, and to what a generator waits for", () => {
  const members = [new Deferred(), new Deferred()];
  const gathered = gatherResults(members, { consumeErrors: true });
  gathered.cancel("stop");
  expect(failureOf(gathered, CancelledError).cause).toBe("stop");
  const awaited = new Deferred<number>();
  const d = inlineCallbacks(function* () {
    return yield* awaited;
  })();
  d.cancel("stop");
  expect(failureOf(d, CancelledError).cause).toBe("stop");
});

test("cancelOnAbort() makes the signal's reason the cause of a CancelledError", () => {
  const controller = new AbortController();
  const d = cancelOnAbort(new Deferred(), controller.signal);
  controller.abort("the user left");
  expect(failureOf(d, CancelledError).cause).toBe("the user left");
});

test("cancelOnAbort() makes a TimeoutError of AbortSignal.timeout() only", async () => {
  const signal = AbortSignal.timeout(1);
  const failed = cancelOnAbort(new Deferred<never>(), signal).addErrback((failure) => failure.value);
  const error = await failed;
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({ message: "Timed out", ms: Number.NaN, cause: signal.reason as unknown });
  const own = new Deferred<never>((d) => d.errback(new RangeError("x")));
  expect(failureOf(cancelOnAbort(own, signal), RangeError).message).toBe("x");
});

test("abortable() aborts its signal with the reason of the cancel", () => {
  let signal: AbortSignal | undefined;
  const d = abortable((given) => {
    signal = given;
    return new Promise<never>(() => {});
  });
  d.cancel("enough");
  expect(signal!.reason).toBe("enough");
  expect(failureOf(d, CancelledError).cause).toBe("enough");
});

test("FailureGroup is an AggregateError", () => {
  const [first, second] = [new Error("a"), new Error("b")];
  const group = failureOf(race([fail(first), fail(second)]), FailureGroup);
  expect(group).toBeInstanceOf(AggregateError);
  expect(group.errors).toEqual([first, second]);
});

test("TimeoutError has the failure of the cancelled Deferred as its cause", () => {
  const clock = new ManualClock();
  const d = race([new Deferred(), new Deferred()]).addTimeout(5, clock);
  clock.advance(5);
  expect(failureOf(d, TimeoutError).cause).toBeInstanceOf(FailureGroup);
});

test("setDebugging() returns the previous value, and getDebugging() the present one", () => {
  expect([setDebugging(true), getDebugging(), setDebugging(false), getDebugging()]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test("Failure.stack has no frame of this package", () => {
  const d = new Deferred<string>();
  d.addCallback(function breaks(): never {
    throw new RangeError("too far");
  });
  d.callback("poem");
  const { stack } = d.result as Failure;
  expect(stack).toContain("breaks");
  expect(stack).not.toContain("src/deferred/");
  expect(new Failure("text").stack).not.toContain("src/deferred/");
  failureOf(d);
});

test("AlreadyCalledError shows in debug mode where it was made and fired, without frames of this package", () => {
  setDebugging(true);
  const d = succeed(1);
  expect(() => d.callback(2)).toThrow(/Created:\n.*manners[^]*First fired:\n.*manners/);
  try {
    d.callback(2);
  } catch (error) {
    expect((error as Error).message).not.toContain("src/deferred/");
  }
});

test("Deferred.withResolvers() returns a Deferred and the functions that fire it", () => {
  const cancelled: unknown[] = [];
  const { deferred, callback, errback } = Deferred.withResolvers<string>();
  callback("poem");
  expect(valueOf(deferred)).toBe("poem");
  expect(() => errback(new Error("late"))).toThrow("Cannot fire");
  const second = Deferred.withResolvers<string>((_, reason) => void cancelled.push(reason));
  second.deferred.cancel("x");
  failureOf(second.deferred);
  expect(cancelled).toEqual(["x"]);
});

test("Deferred.try() is maybeDeferred()", () => {
  expect(failureOf(Deferred.try(JSON.parse, "{"), SyntaxError)).toBeInstanceOf(SyntaxError);
  expect(valueOf(Deferred.try((a: number, b: number) => a + b, 1, 2))).toBe(3);
});

test("Deferred.addFinally() is called for a value and for a failure, and keeps the result", () => {
  const calls: unknown[][] = [];
  const note = (...args: unknown[]): number => calls.push(args);
  expect(valueOf(succeed("poem").addFinally(note))).toBe("poem");
  const error = new Error("x");
  expect(failureOf(fail(error).addFinally(note))).toBe(error);
  expect(calls).toEqual([[], []]);
});

test("Deferred.addFinally() waits for a Deferred or Promise; its failure becomes the result", async () => {
  const closing = new Deferred<void>();
  const d = succeed("poem").addFinally(() => closing);
  expect(d.paused).toBe(1);
  closing.callback();
  expect(valueOf(d)).toBe("poem");
  expect(await succeed("poem").addFinally(async () => 5)).toBe("poem");
  const error = new RangeError("cannot close");
  const thrown = fail(new Error("first")).addFinally(() => {
    throw error;
  });
  expect(failureOf(thrown)).toBe(error);
  expect(failureOf(succeed(1).addFinally(() => fail(error)))).toBe(error);
  expect(failureOf(succeed(1).addFinally(() => new Failure(error)))).toBe(error);
});
