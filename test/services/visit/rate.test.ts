import { describe, expect, test } from "bun:test";
import { MOST_ADDRESSES, RateLimit } from "../../../src/services/visit/rate.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";

const SECOND = 1_000;

/** How many of `times` visits are admitted. */
function admitted(limit: RateLimit, host: string, times: number): number {
  return Array.from({ length: times }, () => limit.admits(host)).filter(Boolean).length;
}

function address(index: number): string {
  return `10.${(index >>> 16) & 255}.${(index >>> 8) & 255}.${index & 255}`;
}

describe("RateLimit.admits()", () => {
  test("admits a burst, and then as many as the rate says", () => {
    const clock = new ManualClock();
    const limit = new RateLimit({ count: 20, span: SECOND }, 40, clock);
    expect(admitted(limit, "10.0.0.1", 50)).toBe(40);
    clock.advance(49);
    expect(admitted(limit, "10.0.0.1", 1)).toBe(0);
    clock.advance(1);
    expect(admitted(limit, "10.0.0.1", 2)).toBe(1);
    clock.advance(SECOND);
    expect(admitted(limit, "10.0.0.1", 50)).toBe(20);
    clock.advance(60 * SECOND);
    expect(admitted(limit, "10.0.0.1", 50)).toBe(40);
  });

  test("without a burst admits as many at once as the rate does per span", () => {
    const limit = new RateLimit({ count: 3, span: SECOND }, undefined, new ManualClock());
    expect(admitted(limit, "10.0.0.1", 10)).toBe(3);
  });

  test("counts each address by itself, and IPv6 addresses by their network", () => {
    const limit = new RateLimit({ count: 1, span: SECOND }, 1, new ManualClock());
    expect([limit.admits("10.0.0.1"), limit.admits("10.0.0.2"), limit.admits("10.0.0.1")]).toEqual([
      true,
      true,
      false,
    ]);
    expect([
      limit.admits("2001:db8:0:1::1"),
      limit.admits("2001:db8:0:1:ffff::"),
      limit.admits("2001:db8:0:2::1"),
    ]).toEqual([true, false, true]);
  });

  test("does not count rejected visits", () => {
    const clock = new ManualClock();
    const limit = new RateLimit({ count: 1, span: SECOND }, 1, clock);
    admitted(limit, "10.0.0.1", 100);
    clock.advance(SECOND);
    expect(limit.admits("10.0.0.1")).toBe(true);
  });

  test("remembers a bounded number of addresses; beyond that, newcomers share the rate of one", () => {
    const clock = new ManualClock();
    const limit = new RateLimit({ count: 1, span: SECOND }, 2, clock);
    for (let i = 0; i < MOST_ADDRESSES; i++) limit.admits(address(i));
    expect(limit.size).toBe(MOST_ADDRESSES);
    expect([limit.admits("192.0.2.1"), limit.admits("192.0.2.2"), limit.admits("192.0.2.3")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(limit.size).toBe(MOST_ADDRESSES);
    expect([limit.admits(address(7)), limit.admits(address(7))]).toEqual([true, false]); // It keeps its own bucket.
  });

  test("forgets addresses that no longer matter as others come", () => {
    const clock = new ManualClock();
    const limit = new RateLimit({ count: 1, span: SECOND }, 1, clock);
    for (let i = 0; i < MOST_ADDRESSES; i++) limit.admits(address(i));
    clock.advance(SECOND);
    for (let i = 0; i < MOST_ADDRESSES; i++) expect(limit.admits(address(MOST_ADDRESSES + i))).toBe(true);
    for (let i = 0; i < MOST_ADDRESSES; i++) limit.admits(address(i));
    expect(limit.size).toBeLessThanOrEqual(MOST_ADDRESSES);
  });
});
