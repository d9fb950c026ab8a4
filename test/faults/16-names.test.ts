import { afterEach, beforeEach, describe, expect, spyOn, test, type Mock } from "bun:test";
import { nothing, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";

type Found = Awaited<ReturnType<typeof Bun.dns.lookup>>;

let lookUp: Mock<typeof Bun.dns.lookup>;

beforeEach(() => {
  lookUp = spyOn(Bun.dns, "lookup");
});
afterEach(() => lookUp.mockRestore());

/** What a resolver says that knows the name. */
function addresses(...found: string[]): Found {
  return found.map((address) => ({ address, family: 4, ttl: 0 }));
}

/** A proxy whose upstream has a name, at the port of `peer`. */
function stageWithName(peer: ScriptedPeer): Promise<ProxyStage> {
  return ProxyStage.open(undefined, { upstream: { host: "poems.test", port: peer.port }, retries: 1 });
}

describe("Proxy whose upstream has a name", () => {
  test.each(["DNS_ENOTFOUND", "DNS_ESERVFAIL"])("fails at once when the resolver says %s", async (code) => {
    await using peer = new ScriptedPeer(recite);
    await using stage = await stageWithName(peer);
    lookUp.mockImplementation(() => Promise.reject(Object.assign(new Error("dns"), { code })));
    expect(await stage.visit()).toEqual(nothing);
    expect(stage.failures).toEqual([{ reason: "dns", received: 0 }]);
    expect(stage.clock.now()).toBe(0);
    lookUp.mockResolvedValue(addresses("127.0.0.1"));
    expect(await stage.visit()).toEqual(whole);
  });

  test("gives a resolver that says nothing the connect timeout", async () => {
    await using peer = new ScriptedPeer();
    await using stage = await stageWithName(peer);
    const said = Promise.withResolvers<Found>();
    lookUp.mockReturnValue(said.promise);
    const [visitor] = await stage.visitors(1);
    stage.clock.advance(5000);
    await stage.retried();
    stage.clock.advance(5000);
    expect(await visitor?.visit).toEqual(nothing);
    expect(stage.failures).toEqual([{ reason: "connect_timeout", received: 0 }]);
    expect(lookUp).toHaveBeenCalledTimes(1); // The second attempt waited for the same answer.
    said.resolve(addresses("127.0.0.1"));
    await said.promise;
  });

  test("tries its second address when the first refuses, within the same attempt", async () => {
    await using peer = new ScriptedPeer(recite);
    await using stage = await stageWithName(peer);
    lookUp.mockResolvedValue(addresses("127.0.0.2", "127.0.0.1"));
    expect(await stage.visit()).toEqual(whole);
    expect(stage.log.count("retrying")).toBe(0);
    expect(peer.connections).toHaveLength(1);
  });

  test("looks the name up for every fetch (fault 17): how long an address is kept is the resolver's affair", async () => {
    await using peer = new ScriptedPeer(recite);
    await using stage = await stageWithName(peer);
    lookUp.mockResolvedValue(addresses("127.0.0.1"));
    for (const times of [1, 2]) {
      expect(await stage.visit()).toEqual(whole);
      expect(lookUp).toHaveBeenCalledTimes(times);
      stage.proxy.purge();
    }
  });
});
