import { expect, expectTypeOf, test } from "bun:test";
import {
  Deferred,
  fail,
  Failure,
  FailureGroup,
  FirstError,
  gatherResults,
  race,
  succeed,
} from "../../src/deferred/mod.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

class FetchError extends Error {
  constructor(readonly reason: "refused" | "silent") {
    super(`Cannot fetch: ${reason}`);
  }
}

const refused = new FetchError("refused");
const text = () => new Deferred<string>();

function OldStyle(this: { message: string }) {
  this.message = "old";
}

const shout = (message: string): string => message.toUpperCase();

function told(failure: Failure, how: (message: string) => string): string {
  return how(failure.getErrorMessage());
}

const wrap = <V>(value: V): Deferred<V> => succeed(value) as Deferred<V>;

const box = <V extends { id: string }>(value: V) => succeed(value);

const make = <V>() => new Deferred<V>((d, reason) => d.errback(reason));

test("Deferred.addErrback(class) is called for errors of that class, with the error; others pass through", () => {
  const d = fail<string>(refused).addErrback(FetchError, (error) => {
    expectTypeOf(error).toEqualTypeOf<FetchError>();
    return error.reason.length;
  });
  expectTypeOf(d).toEqualTypeOf<Deferred<string | number>>();
  expect(valueOf(d)).toBe(7);
  const other = new RangeError("x");
  expect(failureOf(fail(other).addErrback(FetchError, () => 1))).toBe(other);
  expect(valueOf(succeed("poem").addErrback(FetchError, () => 1))).toBe("poem");
});

test("Deferred.addErrback(class) keeps a Failure that passes through, and accepts extra arguments", () => {
  const failure = new Failure(new RangeError("x"));
  const d = fail(failure).addErrback(FetchError, () => 1);
  expect(d.result).toBe(failure);
  failureOf(d);
  expect(valueOf(fail(refused).addErrback(FetchError, (error, n) => `${error.reason} ${n}`, 5))).toBe(
    "refused 5",
  );
});

test("Deferred.addErrback(class) accepts built-in classes, including Error itself, and abstract ones", () => {
  abstract class Fault {
    readonly isFault = true;
  }
  class Refusal extends Fault {}
  expect(valueOf(fail(refused).addErrback(Error, (error) => error.message))).toBe("Cannot fetch: refused");
  expect(valueOf(fail(new Map()).addErrback(Map, (map) => map.size))).toBe(0);
  expect(valueOf(fail(new Refusal()).addErrback(Fault, (fault) => fault instanceof Refusal))).toBe(true);
  OldStyle.prototype = Object.create(Error.prototype) as object;
  const old = new (OldStyle as unknown as new () => Error)();
  expect(valueOf(fail(old).addErrback(OldStyle as unknown as typeof Error, (error) => error.message))).toBe(
    "old",
  );
});

test("Deferred.addErrback() still accepts a function as an extra argument of an errback", () => {
  expect(valueOf(fail(refused).addErrback(told, shout))).toBe("CANNOT FETCH: REFUSED");
});

test("Failure.find() and as() return the error itself, even behind a FirstError", () => {
  const gathered = gatherResults([fail(refused)], { consumeErrors: true });
  const failure = gathered.result as Failure;
  expectTypeOf(failure.find(FetchError)).toEqualTypeOf<FetchError | undefined>();
  expectTypeOf(failure.as(FetchError)).toEqualTypeOf<FetchError>();
  expect([failure.find(FetchError), failure.as(FetchError)]).toEqual([refused, refused]);
  expect(failure.find(FirstError)?.index).toBe(0);
  expect(failure.find(RangeError)).toBeUndefined();
  expect(() => failure.as(RangeError)).toThrow(FirstError);
  failureOf(gathered);
});

test("Failure.find() sees a class behind a FailureGroup only if every member has it", () => {
  const silent = new FetchError("silent");
  const all = race([fail(refused), fail(silent)]);
  expect(failureOf(all, FetchError)).toBe(refused);
  const mixed = race([fail(refused), fail(new TypeError("a bug"))]);
  const failure = mixed.result as Failure;
  expect([failure.find(FetchError), failure.check(FetchError), failure.check(FailureGroup)]).toEqual([
    undefined,
    undefined,
    FailureGroup,
  ]);
  failureOf(mixed);
  expect(new Failure(new FailureGroup([])).find(FetchError)).toBeUndefined();
});

test("succeed() and fail() reject a Deferred in their types, but allow generic functions", () => {
  expectTypeOf(succeed()).toEqualTypeOf<Deferred<void>>();
  const none: Deferred<undefined> = succeed<undefined>();
  expect(none.called).toBe(true);
  expectTypeOf(succeed("poem")).toEqualTypeOf<Deferred<string>>();
  // @ts-expect-error -- it is a Deferred already
  expect(() => succeed(succeed(1))).toThrow(TypeError);
  // @ts-expect-error -- it may be a Deferred
  expect(() => succeed(text() as Deferred<string> | string)).toThrow(TypeError);
  // @ts-expect-error -- nor can a Deferred be an error
  expect(() => fail(succeed(1))).toThrow(TypeError);
  expectTypeOf(wrap(1)).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(box({ id: "a" })).toEqualTypeOf<Deferred<{ id: string }>>();
  expectTypeOf(succeed(1 as unknown)).toEqualTypeOf<Deferred>();
});

test("new Deferred() of Deferreds is rejected in its type, but nothing else is", () => {
  // @ts-expect-error -- it could never be fired
  const nested = new Deferred<Deferred<string>>();
  expect(nested.called).toBe(false);
  expectTypeOf(make<string>()).toEqualTypeOf<Deferred<string>>();
  // oxlint-disable-next-line typescript/no-explicit-any -- users may write it
  expectTypeOf(new Deferred<any>()).not.toBeNever();
  const inferred: Deferred<string> = new Deferred();
  expectTypeOf(inferred).toEqualTypeOf<Deferred<string>>();
  class Named extends Deferred<string> {}
  expectTypeOf(new Named()).toExtend<Deferred<string>>();
});

test("gatherResults(), deferredList() and race() reject a single Deferred in their types", () => {
  // @ts-expect-error -- it is not a list
  const gather = () => gatherResults(text());
  // @ts-expect-error -- nor here
  const list = () => race(text());
  expect([typeof gather, typeof list]).toEqual(["function", "function"]);
  expectTypeOf(gatherResults([text()])).toEqualTypeOf<Deferred<[string]>>();
});
