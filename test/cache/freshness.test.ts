import { expect, test } from "bun:test";
import { freshness } from "../../src/cache/freshness.ts";

const DAY = 86_400_000;

test.each([
  [0, { ttl: 1000, grace: 0 }, "fresh"],
  [999, { ttl: 1000, grace: 0 }, "fresh"],
  [1000, { ttl: 1000, grace: 0 }, "expired"],
  [1000, { ttl: 1000, grace: 500 }, "grace"],
  [1499, { ttl: 1000, grace: 500 }, "grace"],
  [1500, { ttl: 1000, grace: 500 }, "expired"],
  [0, { ttl: 0, grace: 0 }, "expired"],
  [29 * DAY, { ttl: 30 * DAY, grace: 0 }, "fresh"],
  [1000 * DAY, { ttl: Infinity, grace: 0 }, "fresh"],
  [1000 * DAY, { ttl: 1, grace: Infinity }, "grace"],
] as const)("freshness() at the age of %d ms under %o is %s", (age, lifetime, expected) => {
  expect(freshness(age, lifetime)).toBe(expected);
});
