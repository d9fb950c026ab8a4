import { expect, test } from "bun:test";
import { garbageAtHeaders } from "../support/header-garbage.ts";

const MIB = 2 ** 20;

test("poetry behind proxies serves the others while some send garbage for three seconds, and keeps nothing of it", async () => {
  const outcome = await garbageAtHeaders(3);
  expect(outcome).toMatchObject({ failed: 0, fetches: 1 });
  expect(outcome.garbage).toBeGreaterThan(100);
  expect(outcome.served).toBeGreaterThan(100);
  expect(outcome.growth).toBeLessThan(32 * MIB);
}, 30_000);
