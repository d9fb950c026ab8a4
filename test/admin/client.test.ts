import { expect, test } from "bun:test";
import { join } from "node:path";
import { ask } from "../../src/admin/client.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { TempDir } from "../support/temp-dir.ts";
import { nextTurn } from "../support/next-turn.ts";

test("ask() gives up on a process that accepts connections but is silent, after 10 s, unless the request was an order", async () => {
  await using dir = new TempDir();
  const path = join(dir.path, "control.sock");
  const asked: true[] = [];
  using _ = Bun.listen({ unix: path, socket: { data: () => void asked.push(true) } });
  const clock = new ManualClock();
  const look = ask({ path }, "/status", { clock });
  const purge = ask({ path }, "/purge", { clock, method: "POST", body: { all: true } });
  while (asked.length < 2) await nextTurn();
  clock.advance(9_999);
  expect(look.called).toBe(false);
  clock.advance(1);
  expect(await look.then(undefined, String)).toBe(
    `AskError: Cannot reach poetry at ${path}: no answer within 10s`,
  );
  clock.advance(600_000);
  expect(purge.called).toBe(false);
  purge.addErrback(() => {});
  purge.cancel();
});
