import { expect, test } from "bun:test";
import { nextTurn } from "../support/next-turn.ts";
import { recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { Visitor } from "../support/visitor.ts";

const ROUNDS = 40;
const AT_A_TIME = 50;

test.each([
  ["while it waits", undefined],
  ["with a hit on its way", recite],
])("Proxy keeps nothing of thousands who connect and reset, each %s", async (_when, script) => {
  await using stage = await ProxyStage.open(script);
  if (script) await stage.visit();
  for (let round = 1; round <= ROUNDS; round++) {
    const rude = Array.from({ length: AT_A_TIME }, () => new Visitor(stage.port));
    await Promise.all(rude.map((visitor) => visitor.vanish()));
  }
  if (!script) recite(await stage.upstream.connection());
  expect(await stage.visit()).toEqual(whole);
  while (stage.gauges.clients > 0) await nextTurn();
  expect(stage.gauges).toMatchObject({ flights: 0, waiters: 0 });
  expect(stage.upstream.connections).toHaveLength(1);
});
