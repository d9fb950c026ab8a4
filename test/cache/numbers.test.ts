import { expect, test } from "bun:test";
import { Numbers } from "../../src/cache/numbers.ts";

test("Numbers.next() returns microseconds of the wall clock, always larger than before", () => {
  let wall = 5;
  const numbers = new Numbers(() => wall);
  expect([numbers.next(), numbers.next()]).toEqual([5000, 5001]);
  wall = 4; // The clock steps back.
  expect(numbers.next()).toBe(5002);
  wall = 6;
  expect(numbers.next()).toBe(6000);
});

test("Numbers.see() makes the next number larger than that of another process", () => {
  const numbers = new Numbers(() => 1);
  numbers.see(900_000);
  numbers.see(3);
  expect(numbers.next()).toBe(900_001);
});
