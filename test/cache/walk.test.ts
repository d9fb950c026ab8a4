import { expect, test } from "bun:test";
import { SLICE, walk } from "../../src/cache/walk.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";

test("walk() counts up to its end, a slice in each turn", () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const walked = walk(clock, 2 * SLICE + 1, (number) => seen.push(number));
  expect(seen).toHaveLength(SLICE);
  clock.turn();
  expect(seen).toHaveLength(2 * SLICE);
  unfired(walked);
  clock.turn();
  expect(seen).toEqual(Array.from({ length: 2 * SLICE + 1 }, (_, number) => number));
  expect(valueOf(walked)).toBeUndefined();
  expect(clock.pending).toBe(0);
});

test("walk() over nothing, and over one slice, is over at once", () => {
  for (const end of [0, SLICE]) expect(valueOf(walk(new ManualClock(), end, () => {}))).toBeUndefined();
});

test("walk() fails with what the callback throws, in any turn", () => {
  const clock = new ManualClock();
  const walked = walk(clock, SLICE + 1, (number) => {
    if (number === SLICE) throw new Error(`at ${number}`);
  });
  clock.turn();
  expect(failureOf(walked)).toEqual(new Error(`at ${SLICE}`));
  expect(clock.pending).toBe(0);
});
