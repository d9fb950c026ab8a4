import { expect, test } from "bun:test";
import { Failure, FirstError } from "../../src/deferred/mod.ts";

class PoemError extends Error {}
class TooLongError extends PoemError {}

const failure = new Failure(new TooLongError("too long"));

test("Failure.check() 7 returns the given class that the value is an instance of, directly or through a subclass", () => {
  expect(failure.check(TooLongError)).toBe(TooLongError);
  expect(failure.check(PoemError)).toBe(PoemError);
  expect(failure.check(RangeError, PoemError, TooLongError)).toBe(PoemError);
});

test("Failure.check() 7 returns undefined if no class matches", () => {
  expect(failure.check(RangeError)).toBeUndefined();
  expect(failure.check()).toBeUndefined();
  expect(new Failure("text").check(Error)).toBeUndefined();
});

test("Failure.check() 9 looks through a FirstError", () => {
  const first = new Failure(new FirstError(failure, 2));
  expect(first.check(PoemError)).toBe(PoemError);
  expect(first.check(FirstError, PoemError)).toBe(FirstError);
  expect(first.check(RangeError)).toBeUndefined();
});

test("Failure.trap() 7 returns the class, or throws the original error", () => {
  expect(failure.trap(RangeError, PoemError)).toBe(PoemError);
  let thrown: unknown;
  try {
    failure.trap(RangeError);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBe(failure.value);
});

test("Failure.throwException() 7 throws the original value", () => {
  expect(() => failure.throwException()).toThrow(TooLongError);
});

test("Failure 7 made from a Failure takes over its value and stack", () => {
  for (const inner of [failure, new Failure("text")]) {
    const outer = new Failure(inner);
    expect(outer.value).toBe(inner.value);
    expect(outer.stack).toBe(inner.stack);
  }
});

test("Failure.of() 7 keeps a Failure and wraps anything else", () => {
  expect(Failure.of(failure)).toBe(failure);
  expect(Failure.of("text").value).toBe("text");
});

test("Failure.getErrorMessage() 7 is a text for any value", () => {
  const messages = [new Error("oops"), "text", 7, undefined, null, Symbol("s")].map((value) =>
    new Failure(value).getErrorMessage(),
  );
  expect(messages).toEqual(["oops", "text", "7", "undefined", "null", "Symbol(s)"]);
});

test("Failure.getErrorMessage() 7 survives values that have no text", () => {
  expect(new Failure(Object.create(null)).getErrorMessage()).toBe("[object Object]");
  const bad = {
    toString() {
      throw new Error("no");
    },
  };
  expect(String(new Failure(bad))).toContain("[object Object]");
});

test("Failure.stack 7 shows where the error was made or, for a value without a stack, where it was wrapped", () => {
  expect(failure.stack).toBe((failure.value as Error).stack!);
  expect(new Failure("text").stack).toContain("failure.test.ts");
});

test("Failure.toString() 7 names the error", () => {
  expect(String(new Failure(new RangeError("too far")))).toBe("[Failure RangeError: too far]");
  expect(String(new Failure("text"))).toBe("[Failure string: text]");
});

test("FirstError 7 has the index, the sub-failure and the original error", () => {
  const first = new FirstError(failure, 3);
  expect(first.message).toBe("Deferred #3 failed first: [Failure Error: too long]");
  expect({ index: first.index, same: first.subFailure === failure, cause: first.cause }).toEqual({
    index: 3,
    same: true,
    cause: failure.value,
  });
});

test("Failure.stack 7 is the message of an error whose stack throws", () => {
  const hostile = new Error("poem");
  Object.defineProperty(hostile, "stack", {
    get: () => {
      throw new Error("no stack");
    },
  });
  expect(new Failure(hostile).stack).toBe("poem");
});
