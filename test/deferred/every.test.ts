import { expect, test } from "bun:test";
import { CancelledError, Deferred, every, later } from "../../src/deferred/mod.ts";
import { failureOf, ManualClock, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

test("later() fires after its time, and a cancel stops the timer", () => {
  const clock = new ManualClock();
  const d = later(10, clock);
  clock.advance(9);
  unfired(d);
  clock.advance(1);
  expect(valueOf(d)).toBeUndefined();
  const cancelled = later(10, clock);
  cancelled.cancel();
  expect(failureOf(cancelled)).toBeInstanceOf(CancelledError);
  expect(clock.pending).toBe(0);
});

test("later() and every() reject anything but a time", () => {
  expect(() => later(-1)).toThrow("Cannot later(-1): milliseconds are needed, 0 or more");
  expect(() => later("5s" as never)).toThrow('Cannot later("5s")');
  expect(() => every(0, () => {})).toThrow("Cannot every(0): milliseconds are needed, 1 or more");
  expect(() => every(1, 1 as never)).toThrow("Cannot every(1): not a function");
});

test("every() calls at each interval until it is cancelled", () => {
  const clock = new ManualClock();
  const at: number[] = [];
  const calls = every(10, () => void at.push(clock.now()), { clock });
  clock.advance(35);
  calls.cancel();
  clock.advance(100);
  expect(at).toEqual([10, 20, 30]);
  expect(failureOf(calls)).toBeInstanceOf(CancelledError);
  expect(clock.pending).toBe(0);
});

test("every() never overlaps: it counts skipped calls, and keeps to its intervals", () => {
  const clock = new ManualClock();
  const told: [at: number, skipped: number][] = [];
  const work: Deferred<void>[] = [];
  const calls = every(
    10,
    (skipped) => {
      told.push([clock.now(), skipped]);
      const d = new Deferred<void>();
      work.push(d);
      return d;
    },
    { clock, immediately: true },
  );
  clock.advance(35);
  expect(told).toEqual([[0, 0]]);
  work[0]!.callback();
  clock.advance(5);
  work[1]!.callback();
  clock.advance(10);
  expect(told).toEqual([
    [0, 0],
    [40, 3],
    [50, 0],
  ]);
  calls.cancel();
  expect(work[2]!.called).toBe(true);
  expect(failureOf(calls)).toBeInstanceOf(CancelledError);
});

test("every() does not call twice in one interval if a timer is a little early", () => {
  let now = 0;
  let call: (() => void) | undefined;
  let calls = 0;
  const clock = {
    now: () => now,
    callLater: (_: number, fn: () => void) => {
      call = fn;
      return { cancel: () => {} };
    },
  };
  const repeated = every(10, () => void calls++, { clock });
  now = 9.6;
  call!();
  expect(calls).toBe(1);
  now = 19.7;
  call!();
  expect(calls).toBe(2);
  repeated.cancel();
  failureOf(repeated);
});

test("every() fails with what its function throws or fails with, and stops", async () => {
  const clock = new ManualClock();
  const error = new Error("broken");
  const thrown = every(
    1,
    () => {
      throw error;
    },
    { clock },
  );
  const rejected = every(1, () => Promise.reject(error), { clock });
  clock.advance(5);
  expect(failureOf(thrown)).toBe(error);
  expect(await rejected.addErrback((failure) => failure.value as never)).toBe(error as never);
  expect(clock.pending).toBe(0);
});
