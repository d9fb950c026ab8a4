import { expect, expectTypeOf, test } from "bun:test";
import { CancelledError, Deferred, fail, Failure, inlineCallbacks, succeed } from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");

test("Deferred.addCallback() waits for the Promise that an async callback returns", async () => {
  const d = succeed("poem").addCallback(async (text) => text.length);
  expectTypeOf(d).toEqualTypeOf<Deferred<number>>();
  unfired(d);
  expect(await d.addCallback((length) => length + 1)).toBe(5);
});

test("Deferred.addCallback() sends the rejection of a Promise down the errbacks", async () => {
  const d = new Deferred<string>();
  const rescued = d
    .addCallback(async (): Promise<number> => {
      throw error;
    })
    .addErrback((failure) => failure.value);
  d.callback("poem");
  expect(await rescued).toBe(error);
});

test("Deferred.addErrback(), addBoth() and addCallbacks() adopt Promises as well", async () => {
  const d = fail<string>(error)
    .addErrback(async () => "rescued")
    .addBoth((result) => Promise.resolve(`${String(result)} once`))
    .addCallbacks(async (text) => `${text}, and again`);
  expect(await d).toBe("rescued once, and again");
});

test("Deferred.addErrback() turns a Failure that a Promise resolves to into a failure", async () => {
  const failed = await succeed(1)
    .addCallback(async () => new Failure(error))
    .addErrback((failure) => failure.value);
  expect(failed).toBe(error);
});

test("Deferred.cancel() of one that waits for a Promise fails with CancelledError; what comes late is swallowed", async () => {
  let resolve!: (text: string) => void;
  const slow = new Promise<string>((fire) => void (resolve = fire));
  const d = succeed(1).addCallback(() => slow);
  d.cancel("no time");
  expect(failureOf(d, CancelledError).cause).toBe("no time");
  resolve("late");
  await slow;
});

test("Deferred.addCallback() passes on plain objects, arrays and null at once", () => {
  for (const value of [{ a: 1 }, [1], null, new Map(), Object.create(null)])
    expect(valueOf(succeed(1).addCallback(() => value as unknown))).toBe(value);
});

test("Deferred.addCallback() adopts a thenable whose `then` throws: that is its outcome", async () => {
  const hostile = {
    // oxlint-disable-next-line unicorn/no-thenable -- that is what it is about
    get then(): never {
      throw error;
    },
  };
  expect(
    await succeed(1)
      .addCallback(() => hostile as unknown)
      .addErrback((failure) => failure.value),
  ).toBe(error);
});

test("Deferred.describe() shows a Promise that it waits for like a Deferred", async () => {
  const slow = Promise.resolve(1);
  const d = succeed(1).addCallback(() => slow);
  expect(d.describe()).toBe(
    "<Deferred waiting, 1 link run> waiting for <Deferred unfired, 0 links run, 1 to go>",
  );
  await d;
});

test("inlineCallbacks() waits for a Promise that the generator returns", async () => {
  const d = inlineCallbacks(function* () {
    yield succeed(1);
    return Promise.resolve("poem");
  })();
  expectTypeOf(d).toEqualTypeOf<Deferred<string>>();
  expect(await d).toBe("poem");
});
