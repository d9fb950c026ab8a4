import { expect, test } from "bun:test";
import { nextHoldDown, type HoldDown } from "../../src/cache/hold-down.ts";

/** The lengths of `count` hold-downs in a row. */
function lengths(count: number, random: () => number): number[] {
  let held: HoldDown | undefined;
  return Array.from({ length: count }, () => {
    held = nextHoldDown(held, 5000, random);
    return held.until - 5000;
  });
}

test("nextHoldDown() doubles from 1 s to 30 s", () => {
  expect(lengths(7, () => 0.5)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(lengths(2000, () => 0.5).at(-1)).toBe(30_000);
});

test("nextHoldDown() varies by up to a fifth, so that not all retry at once", () => {
  expect(lengths(1, () => 0)).toEqual([800]);
  expect(lengths(1, () => 1)).toEqual([1200]);
});
