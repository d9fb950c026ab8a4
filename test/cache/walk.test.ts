import { expect, test } from "bun:test";
import { SLICE, walk } from "../../src/cache/walk.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";

function keysUpTo(count: number): Set<string> {
  return new Set(Array.from({ length: count }, (_, i) => `key ${i}`));
}

test("walk() visits every key once, a slice per turn", () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  const keys = keysUpTo(2 * SLICE + 1);
  const walked = walk(clock, keys, (key) => seen.push(key));
  expect(seen).toHaveLength(SLICE);
  clock.turn();
  expect(seen).toHaveLength(2 * SLICE);
  unfired(walked);
  clock.turn();
  expect(seen).toEqual([...keys]);
  expect(valueOf(walked)).toBeUndefined();
  expect(clock.pending).toBe(0);
});

test("walk() ends even if a key is added for each that it visits, and leaves out removed ones", () => {
  const clock = new ManualClock();
  const keys = keysUpTo(2 * SLICE);
  let seen = 0;
  const walked = walk(clock, keys, (key) => {
    seen++;
    keys.delete(key);
    keys.add(`new ${key}`);
  });
  keys.delete(`key ${SLICE}`);
  while (clock.pending > 0) clock.turn();
  expect(valueOf(walked)).toBeUndefined();
  expect(seen).toBeWithin(2 * SLICE - 1, 2 * SLICE + 1);
});

test("walk() over no keys ends at once", () => {
  expect(valueOf(walk(new ManualClock(), new Set(), () => {}))).toBeUndefined();
});

test("walk() fails with what the callback throws, in any turn", () => {
  const clock = new ManualClock();
  const walked = walk(clock, keysUpTo(SLICE + 1), (key) => {
    if (key === `key ${SLICE}`) throw new Error(key);
  });
  clock.turn();
  expect(failureOf(walked)).toEqual(new Error(`key ${SLICE}`));
  expect(clock.pending).toBe(0);
});
