import { expect, test } from "bun:test";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { closedPort } from "../support/closed-port.ts";
import { nothing } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

test("Proxy resets a hundred clients whose upstream refuses, after one retry, and dials anew for the next", async () => {
  const upstream = { host: "127.0.0.1", port: closedPort() };
  await using stage = await ProxyStage.open(undefined, { upstream, retries: PROXY_DEFAULTS.fetch.retries });
  for (const round of [1, 2]) {
    const visitors = await stage.visitors(100);
    await stage.retried();
    for (const visitor of visitors) expect(await visitor.visit).toEqual(nothing);
    expect(stage.log.count("fetching")).toBe(round);
    expect(stage.log.count("retrying")).toBe(round);
  }
  const refused = { reason: "refused", received: 0 } as const;
  expect(stage.failures).toEqual([refused, refused]);
  expect(stage.gauges.entries).toBe(0);
});

test("Proxy waits for nothing but the pause before its retry when the upstream refuses", async () => {
  const upstream = { host: "127.0.0.1", port: closedPort() };
  await using stage = await ProxyStage.open(undefined, { upstream });
  expect(await stage.visit()).toEqual(nothing);
  expect(stage.clock.now()).toBe(0);
});
