import { describe, expect, test } from "bun:test";
import { Budget, type Evictable } from "../../src/services/budget.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

/** `count` entries of one byte. */
class Entries implements Evictable {
  constructor(public bytes: number) {}

  evict(): boolean {
    if (this.bytes === 0) return false;
    this.bytes--;
    return true;
  }
}

describe("Budget.resize()", () => {
  test("evicts entries, some per turn of the event loop, and admits none until that is done", () => {
    const clock = new ManualClock();
    const budget = new Budget({ limit: 10_000, maxAnswer: 10 });
    const cache = new Entries(10_000);
    budget.shareWith(cache);
    budget.resize(5_000, 10, clock);
    expect(cache.bytes).toBe(10_000 - 1024);
    expect(budget.makeRoom(1)).toBe(false);
    while (clock.turnsDue > 0) clock.turn();
    expect(cache.bytes).toBe(5_000);
    expect(budget.makeRoom(1)).toBe(true);
    expect(cache.bytes).toBe(4_999);
  });

  test("wakes waiters if there is more room", () => {
    const budget = new Budget({ limit: 10, maxAnswer: 10 });
    let woken = 0;
    budget.whenGiven(() => woken++);
    budget.resize(100, 10, new ManualClock());
    expect([woken, budget.limit]).toEqual([1, 100]);
  });
});

describe("Budget.leave()", () => {
  test("releases what it has: the others have that room now", () => {
    const parent = new Budget({ limit: 1_000, maxAnswer: 0 });
    const [one, other] = [parent, parent].map(
      (each) => new Budget({ limit: 1_000, maxAnswer: 0, parent: each }),
    );
    const [entries, others] = [new Entries(300), new Entries(300)];
    one?.shareWith(entries);
    other?.shareWith(others);
    one?.add(200);
    let woken = 0;
    other?.whenGiven(() => woken++);
    one?.leave();
    expect([parent.used, parent.entries, woken]).toEqual([0, 300, 1]);
    one?.give(200);
    expect(parent.used).toBe(0);
    expect(one?.used).toBe(0);
    one?.leave(); // Once is enough.
    expect(parent.makeRoom(900)).toBe(true);
    expect([entries.bytes, others.bytes]).toEqual([300, 100]);
  });
});
