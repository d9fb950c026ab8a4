import { expect, test } from "bun:test";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { nothing, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

const { maxFetches } = PROXY_DEFAULTS.fetch;
const { requests } = PROXY_DEFAULTS;
const QUEUE = 10;

test("Proxy, all its fetches hanging, queues some, fails the next at once, and still serves hits", async () => {
  await using stage = await ProxyStage.open(undefined, {
    requests: { ...requests, framing: "line" },
    maxQueue: QUEUE,
  });
  const known = await stage.asker("known\n");
  recite(await stage.upstream.connection());
  expect(await known.visit).toEqual(whole);

  const askers = Array.from({ length: maxFetches + QUEUE }, (_, i) => stage.asker(`${i}\n`));
  await stage.log.until("miss", 1 + askers.length);
  await stage.upstream.connection(maxFetches);
  expect(await (await stage.asker("one too many\n")).visit).toEqual(nothing);
  expect(stage.failures).toEqual([{ reason: "overflow", received: 0 }]);
  expect(await (await stage.asker("known\n")).visit).toEqual(whole);
  expect(stage.upstream.connections).toHaveLength(1 + maxFetches);

  for (let i = 1; i <= askers.length; i++) recite(await stage.upstream.connection(i));
  for (const asker of askers) expect(await (await asker).visit).toEqual(whole);
});

test("Proxy gives each queued fetch its full time, which begins with its turn", async () => {
  await using stage = await ProxyStage.open(undefined, {
    requests: { ...requests, framing: "line" },
    maxFetches: 1,
  });
  const first = await stage.asker("first\n");
  await stage.upstream.connection();
  await stage.log.until("connected");
  const second = await stage.asker("second\n");
  await stage.log.until("miss", 2);
  stage.clock.advance(30_000);
  expect(await first.visit).toEqual(nothing);
  const upstream = await stage.upstream.connection(1);
  await stage.log.until("connected", 2);
  stage.clock.advance(29_999);
  recite(upstream);
  expect(await second.visit).toEqual(whole);
});

test("Proxy queues no fetch longer than --total-timeout, and sends nothing to the upstream for clients that it resets", async () => {
  await using stage = await ProxyStage.open(undefined, {
    requests: { ...requests, framing: "line" },
    maxFetches: 1,
    totalTimeout: 20_000,
  });
  const first = await stage.asker("first\n");
  await stage.upstream.connection();
  await stage.log.until("connected");
  const second = await stage.asker("second\n");
  await stage.log.until("miss", 2);
  const third = await stage.asker("third\n");
  await stage.log.until("miss", 3);
  stage.clock.advance(20_000);
  expect(await first.visit).toEqual(nothing);
  expect(await third.visit).toEqual(nothing);
  expect(stage.failures).toEqual([
    { reason: "total_timeout", received: 0 },
    { reason: "late", received: 0 },
  ]);
  const upstream = await stage.upstream.connection(1);
  await stage.log.until("connected", 2);
  stage.clock.advance(19_999); // The second one has twenty seconds of its own.
  recite(upstream);
  expect(await second.visit).toEqual(whole);
  expect(stage.upstream.connections.map(({ received }) => received)).toEqual(["first\r\n", "second\r\n"]);
});
