import { describe, expect, test } from "bun:test";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { expectFailure } from "../support/failing-fetch.ts";
import { nothing, POEM, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

describe.each([0, 1, POEM.length - 1])("Proxy, its upstream resetting after %d bytes,", (received) => {
  test("resets its clients without a byte, and keeps nothing", () =>
    expectFailure({ reason: "reset", received }, async (upstream, stage) => {
      if (received > 0) await stage.hears(upstream, POEM.slice(0, received));
      upstream.reset();
    }));

  test("retries once, and its clients see only the complete answer", async () => {
    await using stage = await ProxyStage.open(undefined, { retries: PROXY_DEFAULTS.fetch.retries });
    const visitors = await stage.visitors(20);
    await stage.log.until("connected");
    const upstream = await stage.upstream.connection();
    if (received > 0) await stage.hears(upstream, POEM.slice(0, received));
    upstream.reset();
    await stage.retried();
    recite(await stage.upstream.connection(1));
    for (const visitor of visitors) expect(await visitor.visit).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(2);
    expect(stage.failures).toEqual([]);
    expect(stage.gauges.entries).toBe(1);
  });
});

test("Proxy, its upstream resetting again and again, retries once, then resets", async () => {
  await using stage = await ProxyStage.open((upstream) => upstream.reset(), {
    retries: PROXY_DEFAULTS.fetch.retries,
  });
  const visitors = await stage.visitors(20);
  await stage.retried();
  for (const visitor of visitors) expect(await visitor.visit).toEqual(nothing);
  expect(stage.upstream.connections).toHaveLength(2);
  expect(stage.gauges.entries).toBe(0);
});
