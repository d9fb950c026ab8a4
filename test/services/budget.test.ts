import { describe, expect, test } from "bun:test";
import { Budget, type Evictable } from "../../src/services/budget.ts";
import type { CollectGarbage } from "../../src/services/garbage.ts";

const MIB = 2 ** 20;

/** Entries of the given sizes; the first is the least recently used. */
class FakeCache implements Evictable {
  readonly sizes: number[];

  constructor(...sizes: number[]) {
    this.sizes = sizes;
  }

  get bytes(): number {
    return this.sizes.reduce((sum, each) => sum + each, 0);
  }

  evict(): boolean {
    return this.sizes.shift() !== undefined;
  }
}

function setUp({ limit = 100, maxAnswer = 10, sizes = [] as number[] } = {}) {
  const budget = new Budget({ limit, maxAnswer });
  const cache = new FakeCache(...sizes);
  budget.shareWith(cache);
  return { budget, cache };
}

describe("Budget", () => {
  test("evicts entries, the least recently used first, and only as many as necessary", () => {
    const { budget, cache } = setUp({ sizes: [20, 30, 40] });
    expect(budget.take(5)).toBe(true);
    expect(cache.sizes).toEqual([20, 30, 40]);
    expect(budget.take(10)).toBe(true);
    expect(cache.sizes).toEqual([30, 40]);
    expect([budget.used, budget.entries]).toEqual([15, 70]);
  });

  test("allows three quarters of the limit for anything but entries, and no more", () => {
    const { budget } = setUp();
    expect(budget.take(75)).toBe(true);
    expect(budget.take(1)).toBe(false);
    expect([budget.used, budget.left]).toEqual([75, 0]);
    budget.give(10);
    expect(budget.take(10)).toBe(true);
  });

  test("allows more than that if two of the longest answers need it, but leaves room for a piece", () => {
    expect(new Budget({ limit: 256 * MIB, maxAnswer: 64 * MIB }).share).toBe(192 * MIB);
    expect(new Budget({ limit: 100 * MIB, maxAnswer: 45 * MIB }).share).toBe(90 * MIB);
    expect(new Budget({ limit: 64 * MIB, maxAnswer: 64 * MIB }).share).toBe(63.5 * MIB);
  });

  test("refuses nothing to the only one that takes something", () => {
    const { budget } = setUp();
    expect(budget.take(80)).toBe(true);
    expect(budget.take(40, 80)).toBe(true);
    expect(budget.take(1)).toBe(false);
  });

  test("has room for entries besides what is in use and a quarter of that, and evicts none in vain", () => {
    const { budget, cache } = setUp({ sizes: [20, 20] });
    budget.take(40);
    expect(budget.makeRoom(30)).toBe(true);
    expect(cache.sizes).toEqual([20]);
    expect(budget.makeRoom(51)).toBe(false);
    expect(cache.sizes).toEqual([20]);
  });

  test("wakes waiters when something is given back", () => {
    const { budget } = setUp();
    let woken = 0;
    budget.whenGiven(() => woken++);
    budget.take(10);
    expect(woken).toBe(0);
    budget.give(10);
    expect(woken).toBe(1);
  });

  test("asks for relief before more is in use than the limit", () => {
    const { budget } = setUp();
    budget.add(90);
    budget.whenOverLimit((bytes) => budget.give(bytes));
    budget.add(20);
    expect(budget.used).toBe(90);
  });

  test("has garbage collected after long arrays of a sixteenth of the limit were dropped", () => {
    const asked: string[] = [];
    const collectGarbage: CollectGarbage = (howMuch) => asked.push(howMuch) > 1;
    const budget = new Budget({ limit: 16 * MIB, maxAnswer: MIB, collectGarbage });
    for (let i = 0; i < 1000; i++) budget.discarded(3000);
    budget.discarded(MIB / 2);
    expect(asked).toEqual([]);
    budget.discarded(MIB / 2);
    expect(asked).toEqual(["some"]);
    budget.add(15.5 * MIB);
    budget.discarded(MIB / 8); // It was postponed, and is needed all the more.
    expect(asked).toEqual(["some", "much"]);
    budget.discarded(MIB / 8);
    expect(asked).toEqual(["some", "much"]);
  });

  test("never lets garbage exceed the limit by more than an eighth, however often its collection is postponed", () => {
    const asked: string[] = [];
    const collectGarbage: CollectGarbage = (howMuch) => asked.push(howMuch) > 0 && howMuch === "too much";
    const budget = new Budget({ limit: 16 * MIB, maxAnswer: MIB, collectGarbage });
    budget.add(12 * MIB);
    for (let i = 0; i < 7; i++) budget.discarded(MIB);
    expect(asked).toEqual([...Array<string>(4).fill("some"), "much", "much", "too much"]);
    budget.discarded(MIB / 2);
    expect(asked).toHaveLength(7); // None is left.
  });

  test("counts garbage as long as it is not gone, and says when it is", () => {
    const going: (() => void)[] = [];
    const collectGarbage: CollectGarbage = (_, gone) => going.push(gone) > 0;
    const budget = new Budget({ limit: 16 * MIB, maxAnswer: MIB, collectGarbage });
    const seen: number[] = [];
    budget.whenGiven(() => seen.push(budget.leftNow / MIB));
    budget.add(10 * MIB);
    budget.discarded(4 * MIB);
    expect([budget.left, budget.leftNow].map((bytes) => bytes / MIB)).toEqual([2, -2]);
    expect([budget.isShort, budget.isCrowded]).toEqual([true, false]);
    budget.add(3 * MIB);
    expect([budget.isShort, budget.isCrowded]).toEqual([true, true]);
    for (const gone of going) gone();
    expect(seen).toEqual([-1]);
    expect([budget.isShort, budget.isCrowded]).toEqual([false, false]);
  });

  test("has what is dropped collected as soon as more is held than it allows, not only when more is dropped", () => {
    const asked: string[] = [];
    let isBusy = true;
    const collectGarbage: CollectGarbage = (howMuch) => asked.push(howMuch) > 0 && !isBusy;
    const budget = new Budget({ limit: 16 * MIB, maxAnswer: MIB, collectGarbage });
    budget.discarded(4 * MIB);
    isBusy = false;
    budget.add(13 * MIB);
    expect(asked).toEqual(["some", "much"]);
  });

  test("still counts the garbage of a service that has left, for those who share its memory", () => {
    const going: (() => void)[] = [];
    const parent = new Budget({ limit: 16 * MIB, maxAnswer: 0 });
    const collectGarbage: CollectGarbage = (_, gone) => going.push(gone) > 0;
    const budget = new Budget({ limit: 16 * MIB, maxAnswer: MIB, parent, collectGarbage });
    let woken = 0;
    parent.whenGiven(() => woken++);
    budget.discarded(4 * MIB);
    budget.leave();
    expect([parent.leftNow / MIB, woken]).toEqual([8, 0]);
    for (const gone of going) gone();
    expect([parent.leftNow / MIB, woken]).toEqual([12, 1]);
  });

  test("counts the garbage of all services that share their memory", () => {
    const asked: string[] = [];
    const collectGarbage: CollectGarbage = (howMuch) => asked.push(howMuch) > 0;
    const parent = new Budget({ limit: 16 * MIB, maxAnswer: 0 });
    const [one, other] = [1, 2].map(
      () => new Budget({ limit: 100 * MIB, maxAnswer: MIB, parent, collectGarbage }),
    );
    one?.add(15.75 * MIB);
    one?.discarded(MIB / 2);
    expect(asked).toEqual([]);
    other?.discarded(MIB / 2);
    expect(asked).toEqual(["much"]);
    one?.discarded(MIB / 2);
    expect(asked).toEqual(["much"]);
  });

  test("hands over what was taken before another can take it", () => {
    const { budget } = setUp();
    const seen: number[] = [];
    budget.whenGiven(() => seen.push(budget.left));
    budget.take(50);
    expect(budget.handOver(50, () => budget.take(60))).toBe(true);
    expect(seen).toEqual([15]);
  });
});

/** Two services that share the memory of a process. */
function family() {
  const parent = new Budget({ limit: 100, maxAnswer: 10 });
  const child = () => {
    const budget = new Budget({ limit: 80, maxAnswer: 10, parent });
    const cache = new FakeCache();
    budget.shareWith(cache);
    return { budget, cache };
  };
  return { parent, one: child(), other: child() };
}

describe("Budget with a parent", () => {
  test("has no more than the parent has left", () => {
    const { parent, one, other } = family();
    expect(one.budget.take(50)).toBe(true);
    expect(other.budget.take(30)).toBe(false);
    expect(other.budget.take(25)).toBe(true);
    expect([parent.used, parent.left]).toEqual([75, 0]);
    one.budget.give(50);
    expect(parent.used).toBe(25);
  });

  test("evicts the entries of others, from the largest cache", () => {
    const { one, other } = family();
    one.cache.sizes.push(10, 10);
    other.cache.sizes.push(30, 40);
    expect(one.budget.take(30)).toBe(true);
    expect(other.cache.sizes).toEqual([40]);
    expect(one.cache.sizes).toEqual([10, 10]);
  });

  test("wakes waiters of other services", () => {
    const { one, other } = family();
    let woken = 0;
    other.budget.whenGiven(() => woken++);
    one.budget.take(10);
    one.budget.give(10);
    expect(woken).toBe(1);
  });
});
