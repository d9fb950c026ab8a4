import { expect, expectTypeOf, test } from "bun:test";
import { Deferred, fail, gatherResults, succeed, unhandledErrors } from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");

test("valueOf() returns the value, with its type, and leaves it where it is", () => {
  const d = succeed("poem");
  expectTypeOf(valueOf(d)).toEqualTypeOf<string>();
  expect([valueOf(d), valueOf(d)]).toEqual(["poem", "poem"]);
});

test("valueOf() throws the error of a failure, which counts as handled then", () => {
  expect(() => valueOf(fail(error))).toThrow(error);
  expect(unhandledErrors()).toEqual([]);
});

test("valueOf() and failureOf() throw while there is no result, and describe the state", () => {
  const paused = succeed(1);
  paused.pause();
  const waiting = succeed(1).addCallback(() => new Deferred());
  for (const d of [new Deferred(), paused, waiting])
    for (const of of [valueOf, failureOf])
      expect(() => of(d)).toThrow(`Expected a result, but there is none yet: ${d.describe()}`);
});

test("failureOf() returns the error, of the requested class", () => {
  const found = failureOf(fail(error), RangeError);
  expectTypeOf(found).toEqualTypeOf<RangeError>();
  expect(found).toBe(error);
  expect(failureOf(fail("text"))).toBe("text");
  expect(failureOf(gatherResults([fail(error)], { consumeErrors: true }), RangeError)).toBe(error);
});

test("failureOf() throws an error of another class, and an Error for a value", () => {
  expect(() => failureOf(fail(error), SyntaxError)).toThrow(error);
  expect(() => failureOf(succeed("poem"))).toThrow(
    'Expected a failure, but the Deferred has a value: "poem"',
  );
});

test("unfired() returns a Deferred that has no result yet, and throws for any other", () => {
  const d = new Deferred();
  expect(unfired(d)).toBe(d);
  d.callback("poem");
  expect(() => unfired(d)).toThrow(
    'Expected no result yet, but there is: <Deferred idle, 0 links run, result "poem">',
  );
});
