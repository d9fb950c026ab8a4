import { describe, expect, test } from "bun:test";
import { canBeDeaf } from "../support/deaf-port.ts";
import { DeafSocket } from "../support/deaf-socket.ts";
import { POEM, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { freeAddress } from "../support/sockets.ts";

/** A Unix socket whose backlog is full. */
function deafUpstream() {
  const upstream = freeAddress("Unix") as { readonly path: string };
  return { upstream, deaf: new DeafSocket(upstream.path) };
}

describe.skipIf(!canBeDeaf)("Proxy, with an upstream whose Unix socket has a full queue,", () => {
  test("retries until the connect timeout, and then closes its clients without a byte", async () => {
    const { upstream, deaf } = deafUpstream();
    using _ = deaf;
    await using stage = await ProxyStage.open(undefined, {
      upstream,
      clientsBy: "Unix",
      connectTimeout: 5000,
    });
    const visitors = await stage.visitors(20);
    stage.clock.advance(4999);
    expect(stage.gauges.waiters).toBe(20);
    stage.clock.advance(1);
    for (const visitor of visitors) expect(await visitor.visit).toEqual(stage.nothing);
    expect(stage.failures).toEqual([{ reason: "connect_timeout", received: 0 }]);
    expect(stage.gauges.entries).toBe(0);
  });

  test("gets the answer as soon as there is room in the queue", async () => {
    const { upstream, deaf } = deafUpstream();
    using _ = deaf;
    await using stage = await ProxyStage.open(undefined, {
      upstream,
      clientsBy: "Unix",
      connectTimeout: 5000,
    });
    const visitors = await stage.visitors(20);
    stage.clock.advance(1000);
    deaf.hear((socket) => void socket.end(POEM));
    stage.clock.advance(1000);
    for (const visitor of visitors) expect(await visitor.visit).toEqual(whole);
  });
});
