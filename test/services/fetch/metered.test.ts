import { expect, test } from "bun:test";
import { fail } from "../../../src/deferred/mod.ts";
import { Budget } from "../../../src/services/budget.ts";
import { dropped } from "../../../src/services/fetch/metered.ts";
import type { FetchRecord } from "../../../src/services/fetch/record.ts";
import { Intake } from "../../../src/services/intake.ts";

test("dropped() counts as garbage what a failed attempt had received", () => {
  const budget = new Budget({ limit: 4_000_000, maxAnswer: 1_000_000, collectGarbage: () => false });
  const delivery = new Intake(budget).open();
  const before = budget.leftNow;
  const attempt = dropped(() => {
    delivery.takes(200_000);
    return fail(new Error("incomplete"));
  });
  attempt({ delivery } as FetchRecord).addErrback(() => {});
  expect(delivery.bytes).toBe(0);
  expect(budget.used).toBe(0);
  expect(budget.leftNow).toBe(before - 200_000);
});
