import { describe, expect, test } from "bun:test";
import { recite, whole } from "../../../support/poem.ts";
import { ProxyStage } from "../../../support/proxy-stage.ts";
import { ScriptedPeer } from "../../../support/scripted-peer.ts";

const nameOf = ({ port }: ScriptedPeer) => `127.0.0.1:${port}`;

describe("Proxy.holds", () => {
  test("does not use the only upstream, and uses it again when the time is over", async () => {
    await using stage = await ProxyStage.open(recite);
    expect(stage.proxy.holds.hold(nameOf(stage.upstream), 5000)).toBe(true);
    expect(stage.proxy.figures().upstreams).toEqual([
      { address: stage.upstream.address, held: { until: 5000, why: "order" } },
    ]);
    expect(await stage.visit()).toMatchObject({ end: "reset" });
    expect(stage.upstream.connections).toHaveLength(0);
    await stage.log.until("upstream/connect/held");
    expect(stage.log.count("fetching") + stage.failures.length).toBe(0); // It does not count as a fetch.
    stage.clock.advance(5000);
    expect(await stage.visit()).toEqual(whole);
    expect(stage.proxy.figures().upstreams).toEqual([{ address: stage.upstream.address, held: undefined }]);
  });

  test("lets the cache stand in, as for a failed fetch", async () => {
    await using stage = await ProxyStage.open(recite, { ttl: 100, staleIfError: 60_000 });
    await stage.visit();
    stage.clock.advance(100);
    stage.proxy.holds.hold(nameOf(stage.upstream), 5000);
    expect(await stage.visit()).toEqual(whole);
    await stage.log.until("stale");
    stage.proxy.holds.release(nameOf(stage.upstream));
    expect(await stage.visit()).toEqual(whole); // Immediately: a hold says nothing about a key.
    expect(stage.upstream.connections).toHaveLength(2);
  });

  test("does not count as a turn: clients that are reset while all are held do not affect the next fetch", async () => {
    await using other = new ScriptedPeer(recite);
    await using stage = await ProxyStage.open(recite, { others: [other.address], choose: "spread" });
    for (const each of [stage.upstream, other]) stage.proxy.holds.hold(nameOf(each), 5000);
    expect(await stage.visit()).toMatchObject({ end: "reset" });
    stage.clock.advance(5000);
    expect(await stage.visit()).toEqual(whole);
    expect([stage.upstream.connections.length, other.connections.length]).toEqual([1, 0]);
  });

  test("knows the upstreams by the names of the configuration", async () => {
    await using stage = await ProxyStage.open(recite);
    expect(stage.proxy.holds.hold("127.0.0.1:1", 5000)).toBe(false);
    expect(stage.proxy.holds.release("somewhere:43")).toBe(false);
    expect(await stage.visit()).toEqual(whole);
    expect(stage.proxy.holds.hold(String(stage.upstream.port), 5000)).toBe(true); // "upstream = 10001"
    expect(stage.proxy.figures().upstreams).toMatchObject([{ held: { why: "order" } }]);
    expect(stage.proxy.holds.release(String(stage.upstream.port))).toBe(true);
  });

  test("releases an upstream that is held down because it failed", async () => {
    await using stage = await ProxyStage.open((connection) => connection.reset());
    expect(stage.proxy.figures().upstreams?.[0]?.held).toBeUndefined();
    const dead = new ScriptedPeer();
    await dead[Symbol.asyncDispose]();
    await using refused = await ProxyStage.open(undefined, { upstream: dead.address });
    await refused.visit();
    expect(refused.proxy.figures().upstreams).toMatchObject([{ held: { why: "failure" } }]);
    expect(refused.proxy.holds.release(nameOf(dead))).toBe(true);
    expect(refused.proxy.figures().upstreams?.[0]?.held).toBeUndefined();
  });
});
