import { expect, expectTypeOf, test } from "bun:test";
import {
  CancelledError,
  Deferred,
  singleFlight,
  succeed,
  type SingleFlightOptions,
} from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

/** A function whose calls end when the test fires their Deferreds. */
function stage<A extends unknown[]>(options?: SingleFlightOptions<A>) {
  const calls: A[] = [];
  const work: Deferred<string>[] = [];
  const shared = singleFlight((...args: A) => {
    calls.push(args);
    const d = new Deferred<string>();
    work.push(d);
    return d;
  }, options);
  return { calls, work, shared };
}

test("singleFlight() shares one call among all concurrent calls with the same arguments", () => {
  const { calls, work, shared } = stage<[string]>();
  const waiters = [shared("ecstasy"), shared("ecstasy"), shared("fascination")];
  expectTypeOf(shared).returns.toEqualTypeOf<Deferred<string>>();
  expect(calls).toEqual([["ecstasy"], ["fascination"]]);
  work[0]!.callback("poem");
  expect(waiters.slice(0, 2).map(valueOf)).toEqual(["poem", "poem"]);
  unfired(waiters[2]!);
});

test("singleFlight() forgets the key before its waiters fire: they may call again", () => {
  const { calls, work, shared } = stage<[string]>();
  let again: Deferred<string> | undefined;
  shared("a").addCallback(() => void (again = shared("a")));
  work[0]!.callback("old");
  unfired(again!);
  work[1]!.callback("new");
  expect(valueOf(again!)).toBe("new");
  expect(calls).toHaveLength(2);
});

test("singleFlight() passes a failure to every waiter, and keeps none", () => {
  const { calls, work, shared } = stage<[string]>();
  const waiters = [shared("a"), shared("a")];
  work[0]!.errback(new RangeError("refused"));
  for (const each of waiters) expect(failureOf(each, RangeError).message).toBe("refused");
  shared("a");
  expect(calls).toHaveLength(2);
});

test("singleFlight() lets a single waiter leave when it cancels; the last one cancels the work", () => {
  const { work, shared, calls } = stage<[string]>();
  const [first, second] = [shared("a"), shared("a")];
  first.cancel();
  expect(failureOf(first)).toBeInstanceOf(CancelledError);
  unfired(work[0]!);
  second.cancel("nobody left");
  expect(failureOf(second, CancelledError).cause).toBe("nobody left");
  expect(work[0]!.called).toBe(true);
  shared("a");
  expect(calls).toHaveLength(2);
});

test("singleFlight() tells calls apart by all arguments, objects by their identity", () => {
  const { calls, work, shared } = stage<unknown[]>();
  const one = {};
  const args: unknown[][] = [[1, 2], [1, 2], [1], [1, 3], [one], [one], [{}], [Number.NaN], [Number.NaN], []];
  for (const each of args) shared(...each);
  expect(calls).toEqual([[1, 2], [1], [1, 3], [one], [{}], [Number.NaN], []]);
  work[0]!.callback("poem");
  shared(1, 2);
  shared(1);
  expect(calls).toHaveLength(8);
});

test("singleFlight() accepts a custom key", () => {
  const { calls, shared } = stage<[string]>({ key: (title) => title.toLowerCase() });
  shared("Ecstasy");
  shared("ECSTASY");
  expect(calls).toEqual([["Ecstasy"]]);
});

test("singleFlight() accepts functions that return at once, throw, or return a Promise", async () => {
  const length = singleFlight((text: string) => text.length);
  expect(valueOf(length("poem"))).toBe(4);
  const broken = singleFlight((): string => {
    throw new RangeError("x");
  });
  expect(failureOf(broken(), RangeError).message).toBe("x");
  const slow = singleFlight(async (text: string) => text.length);
  expectTypeOf(slow).returns.toEqualTypeOf<Deferred<number>>();
  expect(await Promise.all([slow("a"), slow("a")])).toEqual([1, 1]);
});

test("singleFlight() decorates a method: each object has flights of its own, and `this`", () => {
  class Library {
    calls = 0;
    readonly opening = new Deferred<string>();
    constructor(readonly name: string) {}

    @singleFlight
    find(title: string): Deferred<string> {
      this.calls++;
      return this.opening.fork().addCallback(() => `${title} from ${this.name}`);
    }
  }
  const [here, there] = [new Library("here"), new Library("there")];
  const found = [here.find("a"), here.find("a"), there.find("a")];
  for (const library of [here, there]) library.opening.callback("");
  expect(found.map(valueOf)).toEqual(["a from here", "a from here", "a from there"]);
  expect([here.calls, there.calls]).toEqual([1, 1]);
});

test("singleFlight() rejects anything but a function", () => {
  expect(() => singleFlight(5 as never)).toThrow("Cannot singleFlight(5): not a function");
  expect(() => singleFlight(() => 1, { key: 5 as never })).toThrow(
    "Cannot singleFlight by(5): not a function",
  );
});

test("singleFlight() cancels the work of the last one who cancels, though work before it landed at once", () => {
  const second = new Deferred<string>();
  const work = [new Deferred<string>(), succeed("first"), second];
  let again: Deferred<string> | undefined;
  const shared = singleFlight((...titles: string[]): Deferred<string> => {
    if (work.length === 2) shared(...titles).addCallback(() => void (again = shared(...titles)));
    return work.shift()!;
  });
  unfired(shared("a", "b"));
  shared("a");
  again!.cancel();
  failureOf(again!);
  expect(second.called).toBe(true);
});
