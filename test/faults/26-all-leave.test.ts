import { readdirSync } from "node:fs";
import { expect, test } from "bun:test";
import { recite, whole } from "../support/poem.ts";
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
