import { expect, test } from "bun:test";
import { nothing } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { Visitor } from "../support/visitor.ts";

test("Proxy that reaches itself indirectly waits for its own fetch, and ends that at the first-byte timeout", async () => {
  await using stage: ProxyStage = await ProxyStage.open((detour) => {
    void new Visitor(stage.port).visit.then(({ end }) => (end === "fin" ? detour.fin() : detour.reset()));
  });
  const [visitor] = await stage.visitors(1);
  await stage.log.until("connected");
  await stage.log.until("coalesced");
  expect(stage.gauges).toMatchObject({ flights: 1, waiters: 2 });
  stage.clock.advance(30_000);
  expect(await visitor?.visit).toEqual(nothing);
  expect(stage.upstream.connections).toHaveLength(1);
  expect(stage.failures).toEqual([{ reason: "first_byte_timeout", received: 0 }]);
});
