import { expect, test } from "bun:test";
import { CancelledError, Deferred, fail, succeed, type Failure } from "../../src/deferred/mod.ts";
import { retry } from "../../src/deferred/retry.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { outcome } from "../support/outcome.ts";

/** A retry of attempts that end as they are told, one after the other. */
function setUp(outcomes: (() => Deferred<string>)[], retries = 3) {
  const clock = new ManualClock();
  let attempts = 0;
  const attempt = () => (outcomes[attempts++] ?? (() => fail(new Error("too many attempts"))))();
  const deferred = retry(attempt, { retries, clock, isWorthwhile: isNoRangeError, random: () => 1 });
  return { clock, deferred, attempts: () => attempts };
}

const isNoRangeError = ({ value }: Failure) => !(value instanceof RangeError);
const failing = () => fail<string>(new Error("reset"));

test("retry() tries again after 20 ms, then 40 ms, until it succeeds", () => {
  const { clock, deferred, attempts } = setUp([failing, failing, () => succeed("poem")]);
  clock.advance(19);
  expect(attempts()).toBe(1);
  clock.advance(1);
  expect(attempts()).toBe(2);
  clock.advance(40);
  expect(outcome(deferred)).toEqual({ value: "poem" });
  expect(clock.pending).toBe(0);
});

test("retry() fails with the last failure when it has tried often enough", () => {
  const { clock, deferred, attempts } = setUp([failing, () => fail(new Error("refused"))], 1);
  clock.advance(10_000);
  expect(outcome(deferred)).toEqual({ error: new Error("refused") });
  expect(attempts()).toBe(2);
});

test("retry() does not try again what another attempt would not change", () => {
  const { deferred, attempts, clock } = setUp([() => fail(new RangeError("too long"))]);
  expect(outcome(deferred)).toEqual({ error: new RangeError("too long") });
  expect([attempts(), clock.pending]).toEqual([1, 0]);
});

test("retry() can be cancelled in an attempt and in a pause", () => {
  const inAttempt = setUp([() => new Deferred()]);
  inAttempt.deferred.cancel();
  expect(outcome(inAttempt.deferred)).toEqual({ error: expect.any(CancelledError) });
  const inPause = setUp([failing]);
  inPause.deferred.cancel();
  expect(outcome(inPause.deferred)).toEqual({ error: expect.any(CancelledError) });
  expect(inPause.clock.pending).toBe(0);
});
