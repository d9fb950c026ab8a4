import { readdirSync } from "node:fs";
import { expect, test } from "bun:test";
import { recite, whole } from "../support/poem.ts";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

test("Proxy finishes and keeps a flight that everyone has left", async () => {
  await using stage = await ProxyStage.open();
  const visitors = await stage.visitors(5);
  for (const visitor of visitors) await visitor.vanish();
  await stage.log.until("client/wait/left", 5);
  expect(stage.gauges).toMatchObject({ flights: 1, waiters: 0 });
  recite(await stage.upstream.connection());
  await stage.log.until("fetched");
  expect(await stage.visit()).toEqual(whole);
  expect(stage.upstream.connections).toHaveLength(1);
});

test("Proxy cancels a fetch that has not begun when everyone has left: it takes no place in the queue", async () => {
  await using stage = await ProxyStage.open(undefined, {
    requests: { ...PROXY_DEFAULTS.requests, framing: "line" },
    maxFetches: 1,
    maxQueue: 1,
  });
  const served = await stage.asker("served\n");
  const upstream = await stage.upstream.connection();
  const leaver = await stage.asker("leaves\n");
  await stage.log.until("miss", 2);
  expect(stage.gauges).toMatchObject({ flights: 2, waiters: 2 });
  await leaver.vanish();
  await stage.log.until("client/wait/left");
  expect(stage.gauges).toMatchObject({ flights: 1, waiters: 1 });

  const next = await stage.asker("next\n");
  await stage.log.until("miss", 3);
  recite(upstream);
  expect(await served.visit).toEqual(whole);
  recite(await stage.upstream.connection(1));
  expect(await next.visit).toEqual(whole);
  expect(stage.upstream.connections.map(({ received }) => received)).toEqual(["served\r\n", "next\r\n"]);
  expect(stage.log.count("fetchFailed")).toBe(0);
});

test.skipIf(process.platform !== "linux")(
  "Proxy has no descriptor open for clients that are gone",
  async () => {
    await using stage = await ProxyStage.open();
    const before = openFiles();
    const visitors = await stage.visitors(100);
    expect(openFiles()).toBeGreaterThan(before + 100);
    for (const visitor of visitors) await visitor.vanish();
    await stage.log.until("client/wait/left", 100);
    (await stage.upstream.connection()).reset();
    await stage.log.until("fetchFailed");
    expect(openFiles()).toBeLessThanOrEqual(before);
  },
);

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}
