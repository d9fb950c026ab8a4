import { expect, test } from "bun:test";
import { CancelledError, Deferred, fail, Failure, retry, succeed } from "../../src/deferred/mod.ts";
import { ManualClock, failureOf, valueOf } from "../../src/deferred/testing.ts";

/** A retry of attempts with these outcomes, one after the other. */
function setUp(outcomes: (() => Deferred<string>)[], retries = 3) {
  const clock = new ManualClock();
  let attempts = 0;
  const attempt = () => (outcomes[attempts++] ?? (() => fail(new Error("too many attempts"))))();
  const deferred = retry(attempt, { retries, clock, isWorthwhile: isNoRangeError, random: () => 1 });
  return { clock, deferred, attempts: () => attempts };
}

const isNoRangeError = ({ value }: Failure) => !(value instanceof RangeError);
const failing = () => fail<string>(new Error("reset"));

test("retry() retries after 20 ms, then 40 ms, until it succeeds", () => {
  const { clock, deferred, attempts } = setUp([failing, failing, () => succeed("poem")]);
  clock.advance(19);
  expect(attempts()).toBe(1);
  clock.advance(1);
  expect(attempts()).toBe(2);
  clock.advance(40);
  expect(valueOf(deferred)).toEqual("poem");
  expect(clock.pending).toBe(0);
});

test("retry() fails with the last failure after the last retry", () => {
  const { clock, deferred, attempts } = setUp([failing, () => fail(new Error("refused"))], 1);
  clock.advance(10_000);
  expect(failureOf(deferred)).toEqual(new Error("refused"));
  expect(attempts()).toBe(2);
});

test("retry() does not retry if that is not worthwhile", () => {
  const { deferred, attempts, clock } = setUp([() => fail(new RangeError("too long"))]);
  expect(failureOf(deferred)).toEqual(new RangeError("too long"));
  expect([attempts(), clock.pending]).toEqual([1, 0]);
});

test("retry() can be cancelled in an attempt and in a pause", () => {
  const inAttempt = setUp([() => new Deferred()]);
  inAttempt.deferred.cancel();
  expect(failureOf(inAttempt.deferred)).toEqual(expect.any(CancelledError));
  const inPause = setUp([failing]);
  inPause.deferred.cancel();
  expect(failureOf(inPause.deferred)).toEqual(expect.any(CancelledError));
  expect(inPause.clock.pending).toBe(0);
});

test("retry() accepts functions that throw, return at once, or return a Promise, and passes them the number of the attempt", async () => {
  const clock = new ManualClock();
  const numbers: number[] = [];
  const told: number[] = [];
  const d = retry(
    (number) => {
      numbers.push(number);
      if (number < 3) throw new Error("not yet");
      return "poem";
    },
    { clock, retrying: (attempt) => told.push(attempt) },
  );
  clock.advance(1000);
  expect(valueOf(d)).toBe("poem");
  expect([numbers, told]).toEqual([
    [1, 2, 3],
    [2, 3],
  ]);
  expect(await retry(async () => 5)).toBe(5);
});

test("retry() keeps the Failure of the last attempt, and accepts custom pauses", () => {
  const clock = new ManualClock();
  const failure = new Failure(new Error("reset"));
  const pauses = { first: 5, longest: 5, spread: [1, 1] } as const;
  const d = retry(() => fail(failure), { retries: 2, clock, pauses });
  clock.advance(10);
  expect(d.result).toBe(failure);
  failureOf(d);
});

test("retry() holds no memory for endless attempts", () => {
  const clock = new ManualClock();
  let attempts = 0;
  const d = retry(() => fail(new Error(`${++attempts}`)), { retries: Infinity, clock });
  clock.advance(10_000_000);
  expect(attempts).toBeGreaterThan(10_000);
  expect(d.describe()).toBe(
    "<Deferred unfired, 0 links run> waiting for <Deferred unfired, 0 links run, 1 to go>",
  );
  d.cancel();
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("retry() rejects anything but a function, and an invalid number of retries", () => {
  expect(() => retry(5 as never)).toThrow("Cannot retry(5): not a function");
  expect(() => retry(() => 1, { retries: -1 })).toThrow(
    "Cannot set retries to -1: whole numbers or Infinity are needed, 0 or more",
  );
});
