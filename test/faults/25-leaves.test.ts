import { expect, test } from "bun:test";
import { recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

test("Proxy forgets a client that resets while it waits; the flight continues for the others", async () => {
  await using stage = await ProxyStage.open();
  const visitors = await stage.visitors(3);
  expect(stage.gauges.waiters).toBe(3);
  await visitors[1]?.vanish();
  await stage.log.until("client/wait/left");
  expect(stage.gauges).toMatchObject({ flights: 1, waiters: 2, clients: 2 });
  recite(await stage.upstream.connection());
  for (const index of [0, 2]) expect(await visitors[index]?.visit).toEqual(whole);
});

test("Proxy keeps a flight going for the others when its first client leaves (fault 27)", async () => {
  await using stage = await ProxyStage.open();
  const [first, second] = await stage.visitors(2);
  await first?.vanish();
  await stage.log.until("client/wait/left");
  recite(await stage.upstream.connection());
  expect(await second?.visit).toEqual(whole);
  expect(stage.upstream.connections).toHaveLength(1);
});
