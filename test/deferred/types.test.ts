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
  unhandledErrors,
} from "../../src/deferred/mod.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

const text = () => new Deferred<string>();
const number = () => new Deferred<number>();
const add = (poem: string, suffix: number) => poem + suffix;

test("Deferred.addCallback() 9 changes the type to that of the callback's result", () => {
  expectTypeOf(text().addCallback((poem) => poem.length)).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(text().addCallback((poem) => succeed(poem.length))).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(text().addCallback((poem) => (poem ? poem.length : new Failure("x")))).toEqualTypeOf<
    Deferred<number>
  >();
  expectTypeOf(text().addCallback((poem, more: number) => poem.length + more, 1)).toEqualTypeOf<
    Deferred<number>
  >();
  expectTypeOf(text().addCallback(() => new Failure("x"))).toEqualTypeOf<Deferred<never>>();
  text().addCallback((poem) => expectTypeOf(poem).toEqualTypeOf<string>());
});

test("Deferred.addErrback() 9 widens the type by that of the errback's result", () => {
  expectTypeOf(text().addErrback(() => 0)).toEqualTypeOf<Deferred<string | number>>();
  expectTypeOf(text().addErrback(() => succeed(0))).toEqualTypeOf<Deferred<string | number>>();
  expectTypeOf(text().addErrback((failure) => failure)).toEqualTypeOf<Deferred<string>>();
  expectTypeOf(text().addErrback((failure) => failure.throwException())).toEqualTypeOf<Deferred<string>>();
  expectTypeOf(fail(1).addErrback(() => "text")).toEqualTypeOf<Deferred<string>>();
});

test("Deferred.addBoth() 9 accepts both and changes the type", () => {
  const d = text().addBoth((result) => {
    expectTypeOf(result).toEqualTypeOf<string | Failure>();
    return 1;
  });
  expectTypeOf(d).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(text().addBoth((result) => result)).toEqualTypeOf<Deferred<string>>();
});

test("Deferred.addCallbacks() 9 has the types of both results", () => {
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

test("maybeDeferred() 9 has the type of the final result", () => {
  expectTypeOf(maybeDeferred(() => 1)).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(maybeDeferred(() => succeed(1))).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(maybeDeferred(async () => 1)).toEqualTypeOf<Deferred<number>>();
  expectTypeOf(maybeDeferred((n: number) => `${n}`, 1)).toEqualTypeOf<Deferred<string>>();
});

test("Deferred 9 accepts links whose branches return different types, some of them as a Deferred", () => {
  expectTypeOf(text().addCallback((poem) => (poem ? number() : poem))).toEqualTypeOf<
    Deferred<number | string>
  >();
  expectTypeOf(
    text().addCallback((poem): Deferred<number> | Deferred<string> => (poem ? number() : text())),
  ).toEqualTypeOf<Deferred<number | string>>();
  expectTypeOf(text().addErrback((failure) => (failure.check(RangeError) ? number() : null))).toEqualTypeOf<
    Deferred<string | number | null>
  >();
  expectTypeOf(text().addBoth((result) => (result instanceof Failure ? number() : result))).toEqualTypeOf<
    Deferred<number | string>
  >();
  expectTypeOf(
    text().addCallbacks(
      (poem) => (poem ? number() : null),
      () => (Date.now() ? text() : null),
    ),
  ).toEqualTypeOf<Deferred<number | null | string>>();
  expectTypeOf(maybeDeferred((poem: string) => (poem ? number() : poem), "poem")).toEqualTypeOf<
    Deferred<number | string>
  >();
});

test("Deferred 9 never counts a Failure among the values", () => {
  const clock = { callLater: () => ({ cancel: () => {} }) };
  expectTypeOf(succeed(new Failure(1) as Failure | string)).toEqualTypeOf<Deferred<string>>();
  expectTypeOf(maybeDeferred(() => new Failure(1))).toEqualTypeOf<Deferred<never>>();
  expectTypeOf(text().addTimeout(1, clock, (result) => result)).toEqualTypeOf<Deferred<string>>();
  const failing = inlineCallbacks(function* (): Generator<Deferred, Failure> {
    yield succeed(1);
    return new Failure(1);
  });
  expectTypeOf(failing).returns.toEqualTypeOf<Deferred<never>>();
  unhandledErrors();
});

test("Deferred.chainDeferred() and Fireable 9 accept what can be fired with the same types or more, but not fewer", () => {
  const narrow = new Deferred<"a">();
  const wide = new Deferred<string | number>();
  // @ts-expect-error -- it could be fired with any text
  text().chainDeferred(narrow);
  text().chainDeferred(wide);
  // @ts-expect-error -- likewise
  const fireable: Fireable<string> = narrow;
  expectTypeOf(wide).toExtend<typeof fireable>();
});

test("Deferred.addCallbacks() 9 requires the extra arguments of its links", () => {
  expectTypeOf(text().addCallbacks(add, null, [1])).toEqualTypeOf<Deferred<string>>();
  expectTypeOf(text().addCallbacks(add, (_, n: number) => n, [1], [2])).toEqualTypeOf<
    Deferred<string | number>
  >();
  expectTypeOf(
    text().addCallbacks(
      (poem) => poem,
      (_, n: number) => n,
      null,
      [2],
    ),
  ).toEqualTypeOf<Deferred<string | number>>();
  // @ts-expect-error -- its number is missing
  text().addCallbacks(add);
  // @ts-expect-error -- likewise
  text().addCallbacks(add, null, null);
  // @ts-expect-error -- the errback's argument is missing
  text().addCallbacks(add, (_, n: number) => n, [1]);
});

test("new Deferred() 9 gives its canceller a Deferred of its own type", () => {
  // @ts-expect-error -- it is fired with text only
  const wrong = new Deferred<string>((d) => d.callback(3));
  const right = new Deferred<string>((d) => d.callback("none"));
  expectTypeOf(right).toEqualTypeOf(wrong);
});

test("gatherResults() 9 of a tuple fires with a tuple", () => {
  expectTypeOf(gatherResults([succeed(1), text()])).toEqualTypeOf<Deferred<[number, string]>>();
  expectTypeOf(gatherResults([1, 2].map((n) => succeed(n)))).toEqualTypeOf<Deferred<number[]>>();
  expectTypeOf(gatherResults(new Set([text()]))).toEqualTypeOf<Deferred<string[]>>();
});

test("deferredList() and race() 9 distinguish their cases", () => {
  expectTypeOf(deferredList([succeed(1), text()])).toEqualTypeOf<
    Deferred<[ListedOutcome<number>, ListedOutcome<string>]>
  >();
  expectTypeOf(deferredList([succeed(1), succeed("a")], { fireOnOneCallback: true })).toEqualTypeOf<
    Deferred<[value: number | string, index: number]>
  >();
  const options = { fireOnOneCallback: Date.now() > 0 };
  expectTypeOf(deferredList([succeed(1), succeed("a")], options)).toEqualTypeOf<
    Deferred<[value: number | string, index: number] | ListedOutcome<number | string>[]>
  >();
  expectTypeOf(race([succeed(1), text()])).toEqualTypeOf<Deferred<[index: number, value: number | string]>>();
});

test("inlineCallbacks() 9 types its arguments, its result, and yield*; a bare yield has type any", () => {
  const lengthOf = inlineCallbacks(function* (poem: Deferred<string>) {
    const typed = yield* poem;
    expectTypeOf(typed).toEqualTypeOf<string>();
    expectTypeOf(yield poem).toBeAny();
    return typed.length;
  });
  expectTypeOf(lengthOf).parameters.toEqualTypeOf<[Deferred<string>]>();
  expectTypeOf(lengthOf).returns.toEqualTypeOf<Deferred<number>>();
});
