import { expect, test } from "bun:test";
import { recite, whole } from "../../support/poem.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";

test("Proxy.figures() describes the present state", async () => {
  await using stage = await ProxyStage.open(undefined, { maxFetches: 1, maxClients: 9 });
  const [visitor] = await stage.visitors(2);
  expect(stage.proxy.figures()).toEqual({
    clients: 2,
    maxClients: 9,
    waiters: 2,
    pipes: 0,
    cache: {
      entries: 0,
      bytes: 0,
      maxBytes: 2 ** 28,
      evictions: { memory: 0, expired: 0, replaced: 0, purged: 0 },
    },
    fetches: { inFlight: 1, limit: 1, queue: 0, queueBytes: 0 },
    upstreams: [{ address: stage.upstream.address }],
  });
  recite(await stage.upstream.connection());
  expect(await visitor?.visit).toEqual(whole);
  await stage.log.until("visited", 2);
  expect(stage.proxy.figures()).toMatchObject({
    waiters: 0,
    cache: { entries: 1 },
    fetches: { inFlight: 0 },
  });
});

test("Proxy reports how old the answer of a client was, and how many waited for a fetch", async () => {
  await using stage = await ProxyStage.open();
  await stage.visitors(3);
  recite(await stage.upstream.connection());
  await stage.log.until("visited", 3);
  stage.clock.advance(1500);
  await stage.visit();
  await stage.log.until("visited", 4);
  expect(stage.log.all("visited").map(({ age }) => age)).toEqual([undefined, undefined, undefined, 1500]);
  expect(stage.log.all("landed")).toMatchObject([{ fetch: 1, waiters: 3, why: undefined }]);
});

test("Proxy reports how many waited for a failed fetch", async () => {
  await using stage = await ProxyStage.open();
  await stage.visitors(2);
  (await stage.upstream.connection()).reset();
  await stage.log.until("visited", 2);
  const [landing] = stage.log.all("landed");
  expect(landing).toMatchObject({ fetch: 1, waiters: 2, error: { reason: "reset" } });
  expect(landing?.wish).toBe(stage.log.all("fetchFailed")[0]?.wish as never);
});
