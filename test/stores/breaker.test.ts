import { expect, test } from "bun:test";
import { CancelledError, Deferred, fail, succeed } from "../../src/deferred/mod.ts";
import { Breaker, BypassedError } from "../../src/stores/breaker.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { outcome } from "../support/outcome.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";

function setUp() {
  const clock = new ManualClock();
  const probes: Deferred[] = [];
  const told: unknown[] = [];
  const breaker = new Breaker({
    clock,
    random: () => 0.5,
    probe: () => {
      const probe = new Deferred();
      probes.push(probe);
      return probe;
    },
    opened: (error) => told.push(error),
    closed: () => told.push("closed"),
  });
  return { clock, probes, told, breaker };
}

test("Breaker.run() lets calls through as long as they succeed", () => {
  const { breaker, told } = setUp();
  expect(valueOf(breaker.run(() => succeed("poem")))).toEqual("poem");
  expect(breaker.isOpen).toBe(false);
  expect(told).toEqual([]);
});

test("Breaker.run() bypasses the store after one failure, and reports that once", () => {
  const { breaker, told, probes } = setUp();
  const error = new Error("disk full");
  expect(failureOf(breaker.run(() => fail(error)))).toEqual(error);
  for (let i = 0; i < 3; i++)
    expect(failureOf(breaker.run(() => succeed("poem")))).toEqual(expect.any(BypassedError));
  expect(told).toEqual([error]);
  expect(probes).toHaveLength(0);
});

test("Breaker.run() probes after 1 s, then after twice as long each time, one at a time, and never waits for it", () => {
  const { clock, breaker, probes, told } = setUp();
  breaker.trip(new Error("down"));
  const asked = () => outcome(breaker.run(() => succeed("poem")));
  for (const pause of [1000, 2000, 4000]) {
    clock.advance(pause - 1);
    asked();
    const before = probes.length;
    clock.advance(1);
    expect(asked()).toEqual({ error: expect.any(BypassedError) });
    asked();
    expect(probes).toHaveLength(before + 1);
    probes.at(-1)?.errback(new Error("still down"));
  }
  clock.advance(8000);
  asked();
  probes.at(-1)?.callback(undefined);
  expect(asked()).toEqual({ value: "poem" });
  expect(told).toEqual([expect.any(Error), "closed"]);
  expect(clock.pending).toBe(0);
});

test("Breaker.run() does not treat a cancelled call as a failure", () => {
  const { breaker, told } = setUp();
  const call = breaker.run(() => new Deferred());
  call.cancel();
  expect(failureOf(call)).toEqual(expect.any(CancelledError));
  expect(told).toEqual([]);
});

test("Breaker.stop() ends a probe, and no other follows", () => {
  const { clock, breaker, probes } = setUp();
  breaker.trip(new Error("down"));
  clock.advance(2000);
  outcome(breaker.run(() => succeed("poem")));
  breaker.stop();
  expect(probes[0]?.called).toBe(true); // Cancelled.
  clock.advance(100_000);
  outcome(breaker.run(() => succeed("poem")));
  expect(probes).toHaveLength(1);
});

test("Breaker.hold() keeps callers from a healthy store until release, and never probes", () => {
  const { breaker, told, probes, clock } = setUp();
  breaker.hold();
  for (let i = 0; i < 3; i++) {
    expect(outcome(breaker.run(() => succeed("poem")))).toEqual({ error: expect.any(BypassedError) });
    clock.advance(60_000);
  }
  expect(probes).toHaveLength(0);
  breaker.release();
  expect(outcome(breaker.run(() => succeed("poem")))).toEqual({ value: "poem" });
  expect(told).toEqual([]);
});
