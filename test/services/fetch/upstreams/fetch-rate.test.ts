import { describe, expect, test } from "bun:test";
import { CancelledError } from "../../../../src/deferred/mod.ts";
import { FetchRate } from "../../../../src/services/fetch/upstreams/fetch-rate.ts";
import { ManualClock } from "../../../../src/time/manual-clock.ts";
import { failureOf } from "../../../../src/deferred/testing.ts";

/** A rate of `count` per second, and when each fetch began. */
function setUp(count: number) {
  const clock = new ManualClock();
  const rate = new FetchRate(clock, { count, span: 1000 });
  const begins: [name: string, at: number][] = [];
  const begin = (name: string, isUrgent?: boolean) =>
    rate.turn(isUrgent).addCallback(() => void begins.push([name, clock.now()]));
  return { clock, rate, begins, begin };
}

describe("FetchRate", () => {
  test("lets a limited number begin in a span, and the others when the first is a span old", () => {
    const { clock, rate, begins, begin } = setUp(2);
    begin("a");
    clock.advance(400);
    for (const name of ["b", "c", "d", "e"]) begin(name);
    expect(rate.wait).toBe(600);
    clock.advance(5000);
    expect(begins).toEqual([
      ["a", 0],
      ["b", 400],
      ["c", 1000],
      ["d", 1400],
      ["e", 2000],
    ]);
    expect([rate.wait, clock.pending]).toEqual([0, 0]);
  });

  test("never has more than that in any span, whenever they come", () => {
    const { clock, begins, begin } = setUp(3);
    for (let i = 0; i < 40; i++) {
      begin(String(i));
      clock.advance((i * 37) % 300);
    }
    clock.advance(20_000);
    expect(begins.map(([name]) => name)).toEqual(Array.from({ length: 40 }, (_, i) => String(i)));
    const times = begins.map(([, at]) => at);
    for (const [i, at] of times.slice(3).entries())
      expect(at - (times[i] as number)).toBeGreaterThanOrEqual(1000);
  });

  test("lets urgent ones go before those that wait", () => {
    const { clock, begins, begin } = setUp(1);
    begin("a");
    begin("b");
    begin("again", true);
    clock.advance(2000);
    expect(begins.map(([name]) => name)).toEqual(["a", "again", "b"]);
  });

  test("forgets one that leaves, and leaves no timer behind", () => {
    const { clock, begins, begin } = setUp(1);
    begin("a");
    const leaver = begin("b");
    leaver.cancel();
    expect(failureOf(leaver)).toEqual(expect.any(CancelledError));
    expect(clock.pending).toBe(0);
    begin("c");
    clock.advance(1000);
    expect(begins).toEqual([
      ["a", 0],
      ["c", 1000],
    ]);
  });

  test("renew() counts what began before, and starts at once what may begin now", () => {
    const { clock, rate, begins, begin } = setUp(3);
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      begin(name);
      clock.advance(100);
    }
    expect(begins).toHaveLength(3);
    rate.renew({ count: 4, span: 1000 });
    expect(begins.at(-1)).toEqual(["d", 600]);
    rate.renew({ count: 1, span: 500 });
    clock.advance(10_000);
    expect(begins.slice(4)).toEqual([
      ["e", 1100],
      ["f", 1600],
    ]);
    expect(clock.pending).toBe(0);
  });

  test("renew() with the same rate changes nothing", () => {
    const { clock, rate, begin } = setUp(1);
    begin("a");
    begin("b");
    expect(rate.renew({ count: 1, span: 1000 })).toBe(rate);
    expect([rate.wait, clock.pending]).toEqual([1000, 1]);
  });
});
