import { expect, test } from "bun:test";
import { Owed } from "../../src/stores/owed.ts";

test("Owed.take() hands over the largest number of each key, and owes nothing after that", () => {
  const owed = new Owed();
  owed.drop("a", 3);
  owed.drop("a", 2);
  owed.drop("b");
  expect(owed.take()).toEqual(
    new Map([
      ["a", 3],
      ["b", Infinity],
    ]),
  );
  expect(owed.isNothing).toBe(true);
});

test("Owed.giveBack() keeps what was added meanwhile", () => {
  const owed = new Owed();
  owed.drop("a", 3);
  const taken = owed.take();
  owed.drop("a", 2);
  owed.drop("b", 1);
  owed.giveBack(taken);
  expect(owed.take()).toEqual(
    new Map([
      ["a", 3],
      ["b", 1],
    ]),
  );
  owed.all();
  owed.giveBack(owed.take());
  expect(owed.take()).toBe("all");
});

test("Owed.drop() owes everything beyond 10,000 keys", () => {
  const owed = new Owed();
  for (let i = 0; i <= 10_000; i++) owed.drop(`key ${i}`, i);
  expect(owed.take()).toBe("all");
});
