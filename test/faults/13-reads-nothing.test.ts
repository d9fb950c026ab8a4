import { expect, test } from "bun:test";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { POEM, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { Visitor } from "../support/visitor.ts";

test("Proxy accepts the answer of an upstream that never reads our FIN", async () => {
  await using stage = await ProxyStage.open((upstream) => {
    upstream.stopReading();
    recite(upstream);
  });
  expect(await stage.visit()).toEqual(whole);
});

test("Proxy accepts the answer of an upstream that never reads the request", async () => {
  const requests = { ...PROXY_DEFAULTS.requests, framing: "line" } as const;
  await using stage = await ProxyStage.open((upstream) => upstream.stopReading(), { requests });
  const visitor = new Visitor(stage.port);
  await visitor.send("ecstasy\n");
  const upstream = await stage.upstream.connection();
  upstream.send(POEM).fin();
  expect(await visitor.visit).toEqual(whole);
  expect(upstream.received).toBe("");
});
