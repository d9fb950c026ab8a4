import { expect, test } from "bun:test";
import { Deferred } from "../../../src/deferred/mod.ts";
import {
  FetchGate,
  LateTurnError,
  OverflowError,
  type WaitOptions,
} from "../../../src/services/fetch/gate.ts";
import { FetchRate } from "../../../src/services/fetch/upstreams/fetch-rate.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { outcome } from "../../support/outcome.ts";
import { failureOf, unfired, valueOf } from "../../../src/deferred/testing.ts";

/** A gate, and fetches that end when the test fires them. */
function setUp(limit: number, queue: number, waiting?: WaitOptions) {
  const gate = new FetchGate(limit, queue, waiting);
  const fetches: Deferred<string>[] = [];
  const run = (bytes?: number) =>
    gate.run(() => {
      const fetched = new Deferred<string>();
      fetches.push(fetched);
      return fetched;
    }, bytes);
  return { gate, fetches, run };
}

test("FetchGate.run() runs a limited number of fetches, and the next when one has ended, in order", () => {
  const { gate, fetches, run } = setUp(2, 10);
  const all = [run(), run(), run(), run()];
  expect(fetches).toHaveLength(2);
  expect(gate.waiting).toBe(2);
  fetches[1]?.callback("second");
  expect(fetches).toHaveLength(3);
  fetches[0]?.errback(new Error("refused")); // A failure makes room as well.
  expect(fetches).toHaveLength(4);
  fetches[2]?.callback("third");
  expect(all.map(outcome)).toEqual([
    { error: new Error("refused") },
    { value: "second" },
    { value: "third" },
    "waiting",
  ]);
});

test("FetchGate.waitingBytes is the length of all queued requests, until their turn or until they leave", () => {
  const { gate, fetches, run } = setUp(1, 2);
  const all = [run(1000), run(20), run(300)];
  expect(outcome(run(7))).toEqual({ error: expect.any(OverflowError) });
  expect(gate.waitingBytes).toBe(320);
  all[2]?.cancel();
  expect(gate.waitingBytes).toBe(20);
  fetches[0]?.callback("first");
  expect(gate.waitingBytes).toBe(0);
  expect(fetches).toHaveLength(2);
});

test("FetchGate.run() fails at once while the queue is full", () => {
  const { fetches, run } = setUp(1, 1);
  run();
  run();
  expect(failureOf(run())).toEqual(expect.any(OverflowError));
  fetches[0]?.callback("first");
  unfired(run());
});

test("FetchGate.run() without a queue accepts as many as may run", () => {
  const { run } = setUp(1, 0);
  unfired(run());
  expect(failureOf(run())).toEqual(expect.any(OverflowError));
});

test("FetchGate.run() forgets one that was cancelled in the queue", () => {
  const { gate, fetches, run } = setUp(1, 1);
  run();
  const waiting = run();
  waiting.cancel();
  outcome(waiting);
  expect(gate.waiting).toBe(0);
  const next = run();
  fetches[0]?.callback("first");
  fetches[1]?.callback("next");
  expect(valueOf(next)).toEqual("next");
});

test("FetchGate.run() queues no fetch longer than the patience; running ones have no limit", () => {
  const clock = new ManualClock();
  const { gate, fetches, run } = setUp(1, 10, { clock, patience: 500 });
  const first = run();
  const second = run();
  clock.advance(300);
  const third = run();
  clock.advance(200);
  expect([first, second, third].map(outcome)).toEqual([
    "waiting",
    { error: new LateTurnError(500) },
    "waiting",
  ]);
  expect(gate.waiting).toBe(1);
  fetches[0]?.callback("first");
  clock.advance(10_000);
  fetches[1]?.callback("third");
  expect([first, third].map(outcome)).toEqual([{ value: "first" }, { value: "third" }]);
  expect(clock.pending).toBe(0);
});

test("FetchGate.run() with a patience of 0 queues without a limit", () => {
  const clock = new ManualClock();
  const { run } = setUp(1, 10, { clock, patience: 0 });
  run();
  const second = run();
  clock.advance(10 ** 9);
  unfired(second);
});

test("FetchGate.run() frees its place when it is cancelled while the rate makes it wait", () => {
  const clock = new ManualClock();
  const rate = new FetchRate(clock, { count: 1, span: 1000 });
  const { gate, fetches, run } = setUp(2, 10, { clock, patience: 5000, rate });
  run();
  const waiting = run();
  expect([gate.running, gate.waiting]).toEqual([1, 1]);
  waiting.cancel();
  outcome(waiting);
  expect([gate.running, gate.waiting]).toEqual([1, 0]);
  run();
  fetches[0]?.callback("first");
  clock.advance(1000);
  expect([gate.running, gate.waiting]).toEqual([1, 0]);
  fetches[1]?.callback("third");
  expect(clock.pending).toBe(0);
});
