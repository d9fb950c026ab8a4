import { expect, test } from "bun:test";
import { canBeDeaf, DeafPort } from "../support/deaf-port.ts";
import { nothing } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { Visitor } from "../support/visitor.ts";

test.skipIf(!canBeDeaf)(
  "Proxy waits for an upstream that drops its SYNs until the connect timeout",
  async () => {
    using deaf = new DeafPort();
    await using other = new ScriptedPeer();
    const upstream = { host: "127.0.0.1", port: deaf.port };
    await using stage = await ProxyStage.open(undefined, { upstream, connectTimeout: 5000 });
    const visitors = await stage.visitors(20);
    await new Visitor(other.port).connected; // It connected elsewhere later than the proxy, and was accepted.
    expect(stage.log.count("connected")).toBe(0);
    stage.clock.advance(4999);
    expect(stage.gauges.waiters).toBe(20);
    stage.clock.advance(1);
    for (const visitor of visitors) expect(await visitor.visit).toEqual(nothing);
    expect(stage.failures).toEqual([{ reason: "connect_timeout", received: 0 }]);
    expect(stage.gauges.entries).toBe(0);
  },
);
