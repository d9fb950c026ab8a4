import { expect, test } from "bun:test";
import {
  CancelledError,
  Deferred,
  fail,
  Failure,
  maybeDeferred,
  shield,
  succeed,
  unhandledErrors,
} from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");

test("succeed() 5.1 makes a Deferred that has fired with the value", () => {
  expect(succeed("poem").called).toBe(true);
  expect(valueOf(succeed("poem"))).toBe("poem");
  expect(valueOf(succeed())).toBeUndefined();
});

test("fail() 5.1 makes a Deferred that has failed with the error", () => {
  const failure = new Failure(error);
  expect(failureOf(fail(error))).toBe(error);
  const d = fail(failure);
  expect(d.result).toBe(failure);
  expect(failureOf(d)).toBe(error);
});

test("maybeDeferred() 5.3 returns the Deferred that the function returned, unchanged", () => {
  const d = new Deferred<string>();
  expect(maybeDeferred(() => d)).toBe(d);
});

test("maybeDeferred() 5.3 turns a value into a success, and passes on the arguments", () => {
  expect(valueOf(maybeDeferred((a: number, b: number) => a + b, 20, 22))).toBe(42);
});

test("maybeDeferred() 5.3 turns a throw into a failure", () => {
  const d = maybeDeferred(() => {
    throw error;
  });
  expect(failureOf(d)).toBe(error);
});

test("maybeDeferred() 5.3 turns a returned Failure into a failure, the same object", () => {
  const failure = new Failure(error);
  const d = maybeDeferred(() => failure);
  expect(d.result).toBe(failure);
  expect(failureOf(d)).toBe(error);
});

test("maybeDeferred() 5.3 adopts a Promise", async () => {
  const [kept, broken] = [maybeDeferred(async () => "poem"), maybeDeferred(() => Promise.reject(error))];
  expect(kept.called).toBe(false);
  expect(await kept).toBe("poem");
  expect(
    await broken.then(
      () => "value",
      (reason: unknown) => reason,
    ),
  ).toBe(error);
});

test("Deferred.fromPromise() 9 fires as the Promise settles", async () => {
  const notes: unknown[] = [];
  const [kept, broken] = [Promise.resolve("poem"), Promise.reject(error)];
  Deferred.fromPromise(kept).addCallback(noteIn(notes));
  Deferred.fromPromise(broken).addErrback((failure) => void notes.push(failure.value));
  await Promise.allSettled([kept, broken]);
  expect(notes).toEqual(["poem", error]);
});

test("Deferred.fromPromise() 9 fails with CancelledError when it is cancelled; the late outcome is swallowed", async () => {
  for (const late of [Promise.resolve("late"), Promise.reject(error)]) {
    const d = Deferred.fromPromise(late);
    d.cancel();
    expect(failureOf(d)).toBeInstanceOf(CancelledError);
    await Promise.allSettled([late]);
  }
});

test("Deferred.toPromise() 9 settles like the Deferred, and takes its result", async () => {
  const d = new Deferred<string>();
  const promise = d.toPromise();
  d.callback("poem");
  expect(d.result).toBeUndefined();
  expect(await promise).toBe("poem");
  expect(
    await fail(error).then(
      () => "value",
      (reason: unknown) => reason,
    ),
  ).toBe(error);
});

test("Deferred.toPromise() 9 rejects when the Deferred is cancelled", async () => {
  const d = new Deferred<string>();
  const promise = d.toPromise();
  d.cancel();
  expect(await promise.catch((reason: unknown) => reason)).toBeInstanceOf(CancelledError);
});

test("Deferred 9 may be awaited any number of times", async () => {
  const d = new Deferred<string>();
  expect(d.toPromise()).toBe(d.toPromise());
  d.callback("poem");
  expect([await d, await d, await d]).toEqual(["poem", "poem", "poem"]);
});

test("Deferred.fork() 9 has the same outcome and leaves the original its own", () => {
  const notes: unknown[] = [];
  const d = new Deferred<string>();
  const forks = [d.fork(), d.fork()];
  d.addCallback((text) => text.toUpperCase());
  for (const fork of [...forks, d.fork()]) fork.addCallback(noteIn(notes)).addCallback(() => "changed");
  d.callback("poem");
  expect(notes).toEqual(["poem", "poem", "POEM"]);
  expect(valueOf(d)).toBe("POEM");
});

test("Deferred.fork() 9 fails with the same Failure; each has to handle it", () => {
  const failure = new Failure(error);
  const d = fail(failure);
  const fork = d.fork();
  expect(fork.result).toBe(failure);
  expect(d.result).toBe(failure);
  expect(unhandledErrors()).toEqual([failure, failure]);
});

test("Deferred.fork() 9 may be cancelled without the original noticing", () => {
  const d = new Deferred<string>();
  const fork = d.fork();
  fork.cancel();
  expect(failureOf(fork)).toBeInstanceOf(CancelledError);
  expect(d.called).toBe(false);
  d.callback("poem");
  expect(valueOf(d)).toBe("poem");
});

test("shield() 9 passes on the outcome, and with it the duty to handle a failure", () => {
  const d = new Deferred<string>();
  const shielded = shield(d);
  d.callback("poem");
  expect(valueOf(shielded)).toBe("poem");
  const failing = fail(error);
  expect(failureOf(shield(failing))).toBe(error);
  expect(valueOf(failing)).toBeUndefined();
});

test("shield() 9 protects the Deferred behind it from a cancel; its outcome stays there", () => {
  const inner = new Deferred<string>();
  const outer = succeed(1).addCallback(() => shield(inner));
  outer.cancel();
  expect(failureOf(outer)).toBeInstanceOf(CancelledError);
  unfired(inner);
  inner.callback("written");
  expect(inner.called).toBe(true);
});

test("shield() 9 leaves a failure after a cancel to the Deferred behind it", () => {
  const inner = new Deferred<string>();
  shield(inner).cancel();
  inner.errback(error);
  expect(unhandledErrors().map((failure) => failure.value)).toEqual([error]);
});

test("maybeDeferred() 5.3 fails with what a thenable throws, and takes the first answer of one that answers twice", async () => {
  const throwing = maybeDeferred((): PromiseLike<string> => ({
    // oxlint-disable-next-line unicorn/no-thenable -- that is what it is about
    get then(): never {
      throw error;
    },
  }));
  expect(await throwing.addErrback(({ value }) => value)).toBe(error);
  const twice = maybeDeferred((): PromiseLike<string> => ({
    // oxlint-disable-next-line unicorn/no-thenable -- that is what it is about
    then(fulfil: unknown): never {
      (fulfil as (text: string) => void)("first");
      (fulfil as (text: string) => void)("second");
      throw error;
    },
  }));
  expect(await twice).toBe("first");
});

test("shield() 9 hands over the outcome; after a cancel, leaves it where it is", () => {
  const [taken, left] = [new Deferred<string>(), new Deferred<string>()];
  const [first, second] = [shield(taken), shield(left)];
  second.cancel();
  taken.callback("poem");
  left.callback("poem");
  expect([first, taken, left].map<unknown>(valueOf)).toEqual(["poem", undefined, "poem"]);
  second.addErrback(() => {});
});

test("a Deferred that is fired with a Deferred says so, whoever fires it", () => {
  const message = "Cannot fire a Deferred with a Deferred: use chainDeferred()";
  // @ts-expect-error -- the types refuse it as well
  expect(() => new Deferred<Deferred>().callback(succeed(1))).toThrow(message);
  // @ts-expect-error -- the types refuse it as well
  expect(() => succeed(succeed(1))).toThrow(message);
});
