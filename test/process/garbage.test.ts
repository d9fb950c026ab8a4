import { expect, test } from "bun:test";
import { collectGarbage } from "../../src/process/garbage.ts";

/** Resolves when it is gone. */
function collected(): Promise<void> {
  return new Promise((resolve) => expect(collectGarbage("too much", resolve)).toBe(true));
}

test("collectGarbage() tells everybody who asked in the same turn when the garbage is gone", async () => {
  await Promise.all([collected(), collected(), collected()]);
});

test("collectGarbage() does not decline where there is too much, however soon it is asked again", async () => {
  await collected();
  await collected();
});
