import { describe, expect, test } from "bun:test";
import { Budget } from "../../src/services/budget.ts";
import type { CollectGarbage } from "../../src/services/garbage.ts";
import { Intake, type Delivery, type Source } from "../../src/services/intake.ts";
import { outcome } from "../support/outcome.ts";

class FakeSource implements Source {
  isPaused = false;

  pauseReading(): void {
    this.isPaused = true;
  }

  resumeReading(): void {
    this.isPaused = false;
  }
}

/** A budget of 100 bytes, of which 75 are for incoming data, half of that for the rest of the oldest. */
function setUp() {
  const budget = new Budget({ limit: 100, maxAnswer: 40 });
  return { budget, ...beginning(budget) };
}

function beginning(budget: Budget) {
  const intake = new Intake(budget);
  /** An intake from a source. */
  const begin = () => {
    const delivery = intake.open();
    const source = new FakeSource();
    delivery.setSource(source);
    return { delivery, source };
  };
  return { intake, begin };
}

describe("Intake", () => {
  test("lets the oldest continue without room, and pauses the others", () => {
    const { budget, begin } = setUp();
    const [first, second, third] = [begin(), begin(), begin()];
    first.delivery.takes(15);
    second.delivery.takes(20);
    expect([first, second, third].map(({ source }) => source.isPaused)).toEqual([false, false, false]);
    third.delivery.takes(5);
    expect([first, second, third].map(({ source }) => source.isPaused)).toEqual([false, true, true]);
    first.delivery.takes(40);
    expect(first.source.isPaused).toBe(false);
    expect(budget.used).toBe(65);
  });

  test("lets the others continue when the oldest has ended, one after another", () => {
    const { begin } = setUp();
    const [first, second, third] = [begin(), begin(), begin()];
    first.delivery.takes(35);
    second.delivery.takes(35);
    third.delivery.takes(35);
    first.delivery.close();
    expect([second, third].map(({ source }) => source.isPaused)).toEqual([false, true]);
    second.delivery.close();
    expect(third.source.isPaused).toBe(false);
  });

  test("prefers one that holds memory, because only that frees some at its end", () => {
    const { begin } = setUp();
    const [silent, talking, other] = [begin(), begin(), begin()];
    talking.delivery.takes(40);
    other.delivery.takes(40);
    expect([silent, talking, other].map(({ source }) => source.isPaused)).toEqual([true, false, true]);
    talking.delivery.close();
    expect([silent, other].map(({ source }) => source.isPaused)).toEqual([true, false]);
    other.delivery.close();
    expect(silent.source.isPaused).toBe(false);
  });

  test("pauses one that begins meanwhile before it reads anything", () => {
    const { begin } = setUp();
    begin().delivery.takes(40);
    begin().delivery.takes(40);
    expect(begin().source.isPaused).toBe(true);
  });

  test("lets all continue when others have given back memory", () => {
    const { budget, begin } = setUp();
    budget.take(60);
    const [first, second] = [begin(), begin()];
    first.delivery.takes(10);
    second.delivery.takes(10);
    expect(second.source.isPaused).toBe(true);
    budget.give(60);
    expect(second.source.isPaused).toBe(false);
    begin();
    expect(begin().source.isPaused).toBe(false);
  });

  test("counts what a delivery takes until it is closed, and nothing after that", () => {
    const { budget, begin } = setUp();
    const { delivery } = begin();
    delivery.takes(20);
    delivery.takes(5);
    expect(budget.used).toBe(5);
    delivery.close();
    delivery.takes(50);
    delivery.close();
    expect([budget.used, delivery.bytes]).toEqual([0, 0]);
  });

  test("resumes only what waits", () => {
    const { budget, begin } = setUp();
    const { source } = begin();
    source.pauseReading(); // Someone else has another reason to pause.
    budget.take(10);
    budget.give(10);
    expect(source.isPaused).toBe(true);
  });
});

describe("Intake.enter()", () => {
  test("admits deliveries with room, one after another, and one in any case", () => {
    const { budget, intake } = setUp();
    const places = [90, 10, 10].map((bytes) => intake.enter(bytes));
    expect(outcome(places[0] as (typeof places)[0])).toMatchObject({ value: { bytes: 90 } });
    expect(places.slice(1).map(outcome)).toEqual(["waiting", "waiting"]);
    places[0]?.addCallback((delivery: Delivery) => delivery.close());
    expect(places.slice(1).map((place) => place.called)).toEqual([true, true]);
    expect(budget.used).toBe(20);
  });

  test("keeps the order: a small one does not overtake", () => {
    const { budget, intake } = setUp();
    const [, large, small] = [30, 60, 5].map((bytes) => intake.enter(bytes));
    expect([large?.called, small?.called]).toEqual([false, false]);
    expect(budget.used).toBe(30);
  });

  test("forgets one that is cancelled", () => {
    const { intake } = setUp();
    const [first, second, third] = [70, 70, 5].map((bytes) => intake.enter(bytes));
    second?.addErrback(() => {});
    second?.cancel();
    expect(third?.called).toBe(false);
    first?.addCallback((delivery: Delivery) => delivery.close());
    expect(third?.called).toBe(true);
  });

  test("lets even the oldest wait while there is more than the limit and garbage is going", () => {
    const { budget, begin, goes } = littered();
    const [first, second] = [begin(), begin()];
    first.delivery.takes(MIB);
    second.delivery.takes(4 * MIB);
    budget.discarded(6 * MIB);
    first.delivery.takes(5 * MIB);
    expect([first, second].map(({ source }) => source.isPaused)).toEqual([false, true]);
    first.delivery.takes(7 * MIB);
    expect([first, second].map(({ source }) => source.isPaused)).toEqual([true, true]);
    goes();
    expect([first, second].map(({ source }) => source.isPaused)).toEqual([false, true]);
    first.delivery.takes(12 * MIB);
    expect(first.source.isPaused).toBe(false); // Nothing is going: waiting would be in vain.
  });

  test("does not give the room of garbage to others before it is gone", () => {
    const { budget, begin, goes } = littered();
    const [first, second] = [begin(), begin()];
    first.delivery.takes(5 * MIB);
    second.delivery.takes(5 * MIB);
    expect(second.source.isPaused).toBe(true);
    first.delivery.close();
    second.delivery.takes(2 * MIB);
    const third = begin();
    budget.discarded(6 * MIB);
    second.delivery.takes(3 * MIB);
    expect([second, third].map(({ source }) => source.isPaused)).toEqual([false, true]);
    goes();
    expect(third.source.isPaused).toBe(false);
  });
});

const MIB = 2 ** 20;

/** A budget of 16 MiB, whose garbage is gone when the test says so. */
function littered() {
  const going: (() => void)[] = [];
  const collectGarbage: CollectGarbage = (_, gone) => going.push(gone) > 0;
  const budget = new Budget({ limit: 16 * MIB, maxAnswer: 4 * MIB, collectGarbage });
  return { ...beginning(budget), budget, goes: () => going.splice(0).forEach((gone) => gone()) };
}
