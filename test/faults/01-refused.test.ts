import { describe, expect, test } from "bun:test";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { closedPort } from "../support/closed-port.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { freeAddress, SOCKETS, type Sockets } from "../support/sockets.ts";

/** Clients connect over `sockets`; nobody listens at the upstream, which is of the same kind. */
const nobody = (sockets: Sockets) => ({
  clientsBy: sockets,
  upstream: sockets === "TCP" ? { host: "127.0.0.1", port: closedPort() } : freeAddress("Unix"),
});

describe.each(SOCKETS)("Over %s,", (sockets) => {
  test("Proxy resets a hundred clients whose upstream refuses connections, after one retry, and dials again for the next", async () => {
    const { retries } = PROXY_DEFAULTS.fetch;
    await using stage = await ProxyStage.open(undefined, { ...nobody(sockets), retries });
    for (const round of [1, 2]) {
      const visitors = await stage.visitors(100);
      await stage.retried();
      for (const visitor of visitors) expect(await visitor.visit).toEqual(stage.nothing);
      expect(stage.log.count("fetching")).toBe(round);
      expect(stage.log.count("retrying")).toBe(round);
    }
    const refused = { reason: "refused", received: 0 } as const;
    expect(stage.failures).toEqual([refused, refused]);
    expect(stage.gauges.entries).toBe(0);
  });

  test("Proxy waits only for the pause before its retry when the upstream refuses connections", async () => {
    await using stage = await ProxyStage.open(undefined, nobody(sockets));
    expect(await stage.visit()).toEqual(stage.nothing);
    expect(stage.clock.now()).toBe(0);
  });
});
