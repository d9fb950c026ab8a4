import { describe, expect, test } from "bun:test";
import { DeadlineQueue, Deadlines, type Deadline } from "../../src/time/deadlines.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

function stage(limit = 2000) {
  const clock = new ManualClock();
  const expired: string[] = [];
  return { clock, expired, queue: new DeadlineQueue<string>(clock, limit, (item) => expired.push(item)) };
}

describe("DeadlineQueue", () => {
  test("reports each item at its own deadline", () => {
    const { clock, queue, expired } = stage();
    queue.start("early");
    clock.advance(500);
    queue.start("late");
    clock.advance(1500);
    expect(expired).toEqual(["early"]);
    clock.advance(499);
    expect(expired).toEqual(["early"]);
    clock.advance(1);
    expect(expired).toEqual(["early", "late"]);
  });

  test("has one timer for all items, and none without items", () => {
    const { clock, queue, expired } = stage();
    queue.start("first");
    queue.start("second");
    expect(clock.pending).toBe(1);
    queue.delete("first");
    queue.delete("second");
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(expired).toEqual([]);
  });

  test("has one timer even if expired items are restarted", () => {
    const clock = new ManualClock();
    const queue = new DeadlineQueue<string>(clock, 2000, (item) => queue.restart(item));
    queue.restart("early");
    clock.advance(500);
    queue.restart("late");
    for (let i = 0; i < 10; i++) {
      clock.advance(500);
      expect(clock.pending).toBe(1);
    }
  });

  test("forgets an item that is deleted in time, and continues with the next", () => {
    const { clock, queue, expired } = stage();
    queue.start("first");
    clock.advance(1000);
    queue.start("second");
    queue.delete("first");
    clock.advance(1000);
    expect(expired).toEqual([]);
    clock.advance(1000);
    expect(expired).toEqual(["second"]);
  });

  test("restart() gives a new deadline, start() does not", () => {
    const { clock, queue, expired } = stage();
    for (const item of ["restarted", "started"]) queue.start(item);
    clock.advance(1500);
    queue.restart("restarted");
    queue.start("started");
    clock.advance(500);
    expect(expired).toEqual(["started"]);
    clock.advance(1500);
    expect(expired).toEqual(["started", "restarted"]);
  });

  test.each([0, Infinity])("has no deadline with a limit of %d", (limit) => {
    const { clock, queue } = stage(limit);
    queue.start("ever");
    expect(clock.pending).toBe(0);
  });
});

function listStage(limit = 2000) {
  const clock = new ManualClock();
  const expired: string[] = [];
  return { clock, expired, deadlines: new Deadlines<string>(clock, limit, (item) => expired.push(item)) };
}

describe("Deadlines", () => {
  test("go on without those that were cancelled, wherever these stood", () => {
    const { clock, deadlines, expired } = listStage();
    const running = ["a", "b", "c", "d", "e"].map((item) => deadlines.start(item) as Deadline<string>);
    for (const index of [0, 2, 4]) deadlines.cancel(running[index] as Deadline<string>);
    expect(clock.pending).toBe(1);
    clock.advance(2000);
    expect(expired).toEqual(["b", "d"]);
    expect(clock.pending).toBe(0);
  });

  test("are not disturbed by one that is cancelled twice, or after it has expired", () => {
    const { clock, deadlines, expired } = listStage();
    const first = deadlines.start("first") as Deadline<string>;
    const second = deadlines.start("second") as Deadline<string>;
    deadlines.cancel(first);
    deadlines.cancel(first);
    clock.advance(2000);
    deadlines.start("third");
    deadlines.cancel(second);
    expect(clock.pending).toBe(1);
    clock.advance(2000);
    expect(expired).toEqual(["second", "third"]);
  });

  test.each([0, Infinity])("do not exist with a limit of %d", (limit) => {
    expect(listStage(limit).deadlines.start("ever")).toBeUndefined();
  });
});
