import { expect, test } from "bun:test";
import { POEM, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

const LONG = Buffer.alloc(12_000_000, POEM);

test("Proxy.purge() during a fetch: waiters get the answer, but nobody after them", async () => {
  await using stage = await ProxyStage.open();
  const [visitor] = await stage.visitors(1);
  const upstream = await stage.upstream.connection();
  stage.proxy.purge();
  recite(upstream);
  expect(await visitor?.visit).toEqual(whole);
  expect(stage.gauges.entries).toBe(0);
  const [next] = await stage.visitors(1);
  recite(await stage.upstream.connection(1));
  expect(await next?.visit).toEqual(whole);
  expect(stage.gauges.entries).toBe(1);
});

test("Proxy.purge() does not interrupt an answer that is being sent", async () => {
  await using stage = await ProxyStage.open((upstream) => void upstream.sendAll(LONG));
  await stage.visit();
  const [slow] = await stage.visitors(1, (socket) => socket.pause());
  stage.proxy.purge();
  expect(stage.gauges).toMatchObject({ entries: 0, bytes: 0 });
  await slow?.connected;
  slow?.resume();
  const visit = await slow?.visit;
  expect({ end: visit?.end, same: visit?.bytes.equals(LONG) }).toEqual({ end: "fin", same: true });
});

test("Proxy.purge() ten thousand times over is one purge", async () => {
  await using stage = await ProxyStage.open(recite);
  await stage.visit();
  for (let i = 0; i < 10_000; i++) stage.proxy.purge();
  expect(await stage.visit()).toEqual(whole);
  expect(stage.upstream.connections).toHaveLength(2);
  expect(stage.gauges.entries).toBe(1);
});
