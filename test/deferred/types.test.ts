import { expectTypeOf, test } from "bun:test";
import {
  Deferred,
  deferredList,
  fail,
  Failure,
  type Fireable,
  gatherResults,
  inlineCallbacks,
  type ListedOutcome,
  maybeDeferred,
  race,
  succeed,
} from "../../src/deferred/mod.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

const text = () => new Deferred<string>();

test("Deferred.addCallback() 9 changes the type to what the callback makes of the value", () => {
  expectTypeOf(text().addCallback((poem) => poem.length)).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(text().addCallback((poem) => succeed(poem.length))).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(text().addCallback((poem) => (poem ? poem.length : new Failure("x")))).toEqualTypeOf<
    Deferred<number>
  >();
  expectTypeOf(text().addCallback((poem, add: number) => poem.length + add, 1)).toEqualTypeOf<
    Deferred<number>
  >();
  expectTypeOf(text().addCallback(() => new Failure("x"))).toEqualTypeOf<Deferred<never>>();
  text().addCallback((poem) => expectTypeOf(poem).toEqualTypeOf<string>());
});

test("Deferred.addErrback() 9 widens the type by what the errback answers", () => {
  expectTypeOf(text().addErrback(() => 0)).toEqualTypeOf<Deferred<string | number>>();
  expectTypeOf(text().addErrback(() => succeed(0))).toEqualTypeOf<Deferred<string | number>>();
  expectTypeOf(text().addErrback((failure) => failure)).toEqualTypeOf<Deferred<string>>();
  expectTypeOf(text().addErrback((failure) => failure.throwException())).toEqualTypeOf<Deferred<string>>();
  expectTypeOf(fail(1).addErrback(() => "text")).toEqualTypeOf<Deferred<string>>();
});

test("Deferred.addBoth() 9 gets either and changes the type", () => {
  const d = text().addBoth((result) => {
    expectTypeOf(result).toEqualTypeOf<string | Failure>();
    return 1;
  });
  expectTypeOf(d).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(text().addBoth((result) => result)).toEqualTypeOf<Deferred<string>>();
});

test("Deferred.addCallbacks() 9 answers what either side does", () => {
  const d = text().addCallbacks(
    (poem) => poem.length,
    () => null,
  );
  expectTypeOf(d).toEqualTypeOf<Deferred<number | null>>();
  expectTypeOf(text().addCallbacks((poem) => poem.length)).toEqualTypeOf<Deferred<number>>();
});

test("Deferred 9 has the types of what goes through it elsewhere", () => {
  const clock = { callLater: () => ({ cancel: () => {} }) };
  expectTypeOf(succeed(1).addTimeout(1, clock)).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(succeed(1).addTimeout(1, clock, () => "late")).toEqualTypeOf<Deferred<number | string>>();
  expectTypeOf(succeed(1).fork()).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(succeed("poem").chainDeferred(text())).toEqualTypeOf<Deferred<undefined>>();
  expectTypeOf(succeed(1).toPromise()).toEqualTypeOf<Promise<number>>();
  expectTypeOf<Awaited<Deferred<number>>>().toEqualTypeOf<number>();
  expectTypeOf<Deferred<number>>().toExtend<Fireable<number>>();
});

test("maybeDeferred() 9 has the type of what comes in the end", () => {
  expectTypeOf(maybeDeferred(() => 1)).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(maybeDeferred(() => succeed(1))).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(maybeDeferred(async () => 1)).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(maybeDeferred((n: number) => `${n}`, 1)).toEqualTypeOf<Deferred<string>>();
});

test("gatherResults() 9 of a tuple fires with a tuple", () => {
  expectTypeOf(gatherResults([succeed(1), text()])).toEqualTypeOf<Deferred<[number, string]>>();
  expectTypeOf(gatherResults([1, 2].map((n) => succeed(n)))).toEqualTypeOf<Deferred<number[]>>();
  expectTypeOf(gatherResults(new Set([text()]))).toEqualTypeOf<Deferred<string[]>>();
});

test("deferredList() and race() 9 tell their cases apart", () => {
  expectTypeOf(deferredList([succeed(1), text()])).toEqualTypeOf<
    Deferred<[ListedOutcome<number>, ListedOutcome<string>]>
  >();
  expectTypeOf(deferredList([succeed(1), succeed("a")], { fireOnOneCallback: true })).toEqualTypeOf<
    Deferred<[value: number | string, index: number]>
  >();
  expectTypeOf(race([succeed(1), text()])).toEqualTypeOf<Deferred<[index: number, value: number | string]>>();
});

test("inlineCallbacks() 9 knows its arguments, its result, and what yield* gives; a bare yield gives any", () => {
  const lengthOf = inlineCallbacks(function* (poem: Deferred<string>) {
    const typed = yield* poem;
    expectTypeOf(typed).toEqualTypeOf<string>();
    expectTypeOf(yield poem).toBeAny();
    return typed.length;
  });
  expectTypeOf(lengthOf).parameters.toEqualTypeOf<[Deferred<string>]>();
  expectTypeOf(lengthOf).returns.toEqualTypeOf<Deferred<number>>();
});
