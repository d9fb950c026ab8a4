import { expect, test } from "bun:test";
import { canBeDeaf, DeafPort } from "../support/deaf-port.ts";
import { nextTurn } from "../support/next-turn.ts";
import { nothing } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

test.skipIf(!canBeDeaf)(
  "Proxy gives an upstream that does not answer its knock the connect timeout",
  async () => {
    using deaf = new DeafPort();
    const upstream = { host: "127.0.0.1", port: deaf.port };
    await using stage = await ProxyStage.open(undefined, { upstream, connectTimeout: 5000 });
    const visitors = await stage.visitors(20);
    while (deaf.knocking === 0) await nextTurn();
    expect(deaf.knocking).toBe(1);
    stage.clock.advance(4999);
    expect(stage.gauges.waiters).toBe(20);
    stage.clock.advance(1);
    for (const visitor of visitors) expect(await visitor.visit).toEqual(nothing);
    expect(stage.failures).toEqual([{ reason: "connect_timeout", received: 0 }]);
    expect(stage.gauges.entries).toBe(0);
  },
);
