import { expect, test } from "bun:test";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { POEM, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

test("Proxy with less room than an answer needs sends it to all waiters, and keeps nothing", async () => {
  await using stage = await ProxyStage.open(undefined, { maxMemory: POEM.length });
  for (const index of [0, 1]) {
    const visitors = await stage.visitors(10);
    recite(await stage.upstream.connection(index));
    for (const visitor of visitors) expect(await visitor.visit).toEqual(whole);
    expect(stage.gauges).toMatchObject({ entries: 0, bytes: 0 });
  }
});

test("Proxy never keeps more bytes than --max-memory: the least recently used ones make room", async () => {
  const maxMemory = 4096;
  await using stage = await ProxyStage.open(recite, {
    maxMemory,
    requests: { ...PROXY_DEFAULTS.requests, framing: "line" },
  });
  for (let i = 0; i < 100; i++) {
    expect(await (await stage.asker(`${i}\n`)).visit).toEqual(whole);
    expect(stage.gauges.bytes).toBeLessThanOrEqual(maxMemory);
  }
  expect(stage.gauges.entries).toBeGreaterThan(1);
  await (
    await stage.asker("99\n")
  ).visit;
  expect(stage.upstream.connections).toHaveLength(100);
  await (
    await stage.asker("0\n")
  ).visit;
  expect(stage.upstream.connections).toHaveLength(101);
});
