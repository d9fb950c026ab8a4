import { expect, test } from "bun:test";
import { FlightTable } from "../../src/cache/flight.ts";
import { CancelledError, Deferred, succeed } from "../../src/deferred/mod.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { outcome } from "../support/outcome.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";

/** A table, and a fetch that lands when the test says so. */
function setUp() {
  const clock = new ManualClock();
  const table = new FlightTable<string>(clock);
  const fetches: Deferred<string>[] = [];
  const begins: (() => void)[] = [];
  /** A fetch that begins immediately. */
  const fetch = (begun: () => void) => {
    begun();
    return queue(begun);
  };
  /** A fetch that is queued. */
  const queue = (begun: () => void) => {
    const fetched = new Deferred<string>();
    fetches.push(fetched);
    begins.push(begun);
    return fetched;
  };
  return { clock, table, fetches, begins, fetch, queue };
}

test("FlightTable.join() shares one fetch among all callers while it is in flight", () => {
  const { clock, table, fetches, fetch } = setUp();
  const waiters = Array.from({ length: 100 }, () => table.join("key", fetch));
  expect(fetches).toHaveLength(1);
  expect(table.waiters).toBe(100);
  fetches[0]?.callback("poem");
  while (clock.pending > 0) clock.turn();
  for (const waiter of waiters) expect(valueOf(waiter)).toEqual("poem");
  expect(table.size).toBe(0);
});

test("FlightTable.join() flies one fetch for each key", () => {
  const { table, fetches, fetch } = setUp();
  table.join("a", fetch);
  table.join("__proto__", fetch);
  expect(fetches).toHaveLength(2);
  expect(table.size).toBe(2);
});

test("FlightTable.join() fires at once if the fetch does", () => {
  const { table } = setUp();
  expect(valueOf(table.join("key", () => succeed("poem")))).toEqual("poem");
  expect(table.size).toBe(0);
});

test("FlightTable.join() gives every waiter its own Deferred, so that callbacks do not affect each other", () => {
  const { table, fetches, fetch } = setUp();
  const loud = table.join("key", fetch).addCallback((poem) => poem.toUpperCase());
  const plain = table.join("key", fetch);
  fetches[0]?.callback("poem");
  expect(valueOf(loud)).toEqual("POEM");
  expect(valueOf(plain)).toEqual("poem");
});

test("FlightTable removes a flight before its waiters fire: one that asks again launches a new one", () => {
  const { table, fetches, fetch } = setUp();
  let again: Deferred<string> | undefined;
  table.join("key", fetch).addCallback(() => void (again = table.join("key", fetch)));
  fetches[0]?.callback("first");
  expect(fetches).toHaveLength(2);
  expect(again && outcome(again)).toBe("waiting");
});

test("FlightTable fails all waiters with the same failure, and the next request fetches again", () => {
  const { table, fetches, fetch } = setUp();
  const waiters = [table.join("key", fetch), table.join("key", fetch)];
  const error = new Error("refused");
  fetches[0]?.errback(error);
  for (const waiter of waiters) expect(failureOf(waiter)).toEqual(error);
  table.join("key", fetch);
  expect(fetches).toHaveLength(2);
});

test("FlightTable fails the waiters when the fetch throws instead of failing", () => {
  const { table } = setUp();
  const error = new Error("bug");
  const waiter = table.join("key", () => {
    throw error;
  });
  expect(failureOf(waiter)).toEqual(error);
  expect(table.size).toBe(0);
});

test("FlightTable lets a waiter leave: the flight continues for the others, and for the cache", () => {
  const { table, fetches, fetch } = setUp();
  const leaver = table.join("key", fetch);
  const stayer = table.join("key", fetch);
  leaver.cancel();
  expect(failureOf(leaver)).toEqual(expect.any(CancelledError));
  expect(table.waiters).toBe(1);
  stayer.cancel();
  expect(failureOf(stayer)).toEqual(expect.any(CancelledError));
  expect(table.waiters).toBe(0);
  expect(table.has("key")).toBe(true);
  fetches[0]?.callback("poem");
  expect(table.has("key")).toBe(false);
});

test("FlightTable releases thousands of waiters over several turns of the event loop, in the order of arrival", () => {
  const { clock, table, fetches, fetch } = setUp();
  const served: number[] = [];
  for (let i = 0; i < 1000; i++) table.join("key", fetch).addCallback(() => void served.push(i));
  fetches[0]?.callback("poem");
  expect(served.length).toBeLessThan(20);
  while (clock.pending > 0) {
    const before = served.length;
    clock.turn();
    expect(served.length - before).toBeLessThan(20);
  }
  expect(served).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});

test("FlightTable does not release a waiter that left between two batches", () => {
  const { clock, table, fetches, fetch } = setUp();
  const waiters = Array.from({ length: 300 }, () => table.join("key", fetch));
  fetches[0]?.callback("poem");
  const last = waiters.at(-1) as Deferred<string>;
  last.cancel();
  while (clock.pending > 0) clock.turn();
  expect(failureOf(last)).toEqual(expect.any(CancelledError));
  expect(waiters.slice(0, -1).every((waiter) => waiter.called)).toBe(true);
});

test("FlightTable cancels a flight when all have left before it began, and the next request launches a new one", () => {
  const { table, fetches, queue } = setUp();
  const [first, second] = [table.join("key", queue), table.join("key", queue)];
  first.cancel();
  expect(table.has("key")).toBe(true);
  second.cancel();
  expect(table.has("key")).toBe(false);
  expect(fetches.map(outcome)).toEqual([{ value: undefined }]); // Cancelled and settled.
  for (const waiter of [first, second]) expect(failureOf(waiter)).toEqual(expect.any(CancelledError));
  table.join("key", queue);
  expect(fetches).toHaveLength(2);
});

test("FlightTable continues a flight without waiters if it has begun, or is wanted in any case", () => {
  const { table, fetches, begins, queue } = setUp();
  const late = table.join("late", queue);
  begins[0]?.();
  late.cancel();
  outcome(late);
  const wanted = table.join("wanted", queue, true);
  wanted.cancel();
  outcome(wanted);
  table.launch("refreshed", queue);
  const visitor = table.join("refreshed", queue);
  visitor.cancel();
  outcome(visitor);
  expect(table.size).toBe(3);
  for (const fetched of fetches) fetched.callback("poem");
  expect(table.size).toBe(0);
});

test("FlightTable.launch() flies without waiters, and not twice", () => {
  const { table, fetches, fetch } = setUp();
  table.launch("key", fetch);
  table.launch("key", fetch);
  const late = table.join("key", fetch);
  expect(fetches).toHaveLength(1);
  fetches[0]?.callback("poem");
  expect(valueOf(late)).toEqual("poem");
});
