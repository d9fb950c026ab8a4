import { expect, test } from "bun:test";
import { nothing, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

test("Proxy serves the first request after a thousand failures: the upstream is not avoided", async () => {
  let isBroken = true;
  await using stage = await ProxyStage.open((upstream) => (isBroken ? upstream.reset() : recite(upstream)));
  for (let i = 0; i < 1000; i++) expect(await stage.visit()).toEqual(nothing);
  expect(stage.upstream.connections).toHaveLength(1000);
  isBroken = false;
  expect(await stage.visit()).toEqual(whole);
});
