import { expect, test } from "bun:test";
import { answered } from "../support/poem.ts";
import { optionsOf } from "../support/preset.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

const UP = "HTTP/1.1 200 OK\r\n\r\nNode is synced.\r\n";
const DOWN = "HTTP/1.1 503 Service Unavailable\r\n\r\nNode is not synced.\r\n";

test("Proxy that got a 503 stops serving the earlier 200, however long the grace", async () => {
  const { ttl, ...preset } = optionsOf("healthcheck");
  await using stage = await ProxyStage.open((connection) => connection.send(UP).fin(), {
    ...preset,
    ttl,
    grace: 10_000,
  });
  expect(await stage.visit()).toEqual(answered(UP));
  stage.upstream.script = (connection) => connection.send(DOWN).fin();
  stage.clock.advance(ttl);
  expect(await stage.visit()).toEqual(answered(UP)); // The last one: it starts the refresh.
  await stage.log.until("notKept");
  expect(stage.gauges.entries).toBe(0);
  for (let i = 0; i < 5; i++) expect(await stage.visit()).toEqual(answered(DOWN));
  expect(stage.upstream.connections).toHaveLength(2 + 5);
});

test("Proxy whose refresh fails keeps serving what it has", async () => {
  await using stage = await ProxyStage.open((connection) => connection.send(UP).fin(), {
    ttl: 1000,
    grace: 10_000,
  });
  await stage.visit();
  stage.upstream.script = (connection) => connection.reset();
  stage.clock.advance(1000);
  expect(await stage.visit()).toEqual(answered(UP));
  await stage.log.until("fetchFailed");
  expect(await stage.visit()).toEqual(answered(UP));
});
