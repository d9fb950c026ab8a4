import { afterEach, beforeEach, describe, expect, spyOn, test, type Mock } from "bun:test";
import { nothing, POEM, recite, whole } from "../support/poem.ts";
import { ProxyStage, type StageOptions } from "../support/proxy-stage.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";

type Found = Awaited<ReturnType<typeof Bun.dns.lookup>>;

let lookUp: Mock<typeof Bun.dns.lookup>;

beforeEach(() => {
  lookUp = spyOn(Bun.dns, "lookup");
});
afterEach(() => lookUp.mockRestore());

/** The answer of a resolver that knows the name. */
function addresses(...found: string[]): Found {
  return found.map((address) => ({ address, family: 4, ttl: 0 }));
}

/** A proxy whose upstream has a name, at the port of `peer`. */
function stageWithName(peer: ScriptedPeer, options: StageOptions = {}): Promise<ProxyStage> {
  const upstream = { host: "poems.test", port: peer.port };
  return ProxyStage.open(undefined, { upstream, retries: 1, ...options });
}

/** A server at another address, which counts its connections. */
function recitingAt(hostname: string, port: number): { readonly connections: number } & Disposable {
  let connections = 0;
  const server = Bun.listen({
    hostname,
    port,
    allowHalfOpen: true,
    socket: {
      open(socket) {
        connections++;
        socket.write(POEM);
        socket.shutdown();
      },
      data() {},
    },
  });
  return {
    get connections() {
      return connections;
    },
    [Symbol.dispose]: () => server.stop(true),
  };
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

  test("waits for a silent resolver until the connect timeout", async () => {
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

  test("tries its second address if the first refuses, within the same attempt", async () => {
    await using peer = new ScriptedPeer(recite);
    await using stage = await stageWithName(peer);
    lookUp.mockResolvedValue(addresses("127.0.0.2", "127.0.0.1"));
    expect(await stage.visit()).toEqual(whole);
    expect(stage.log.count("retrying")).toBe(0);
    expect(peer.connections).toHaveLength(1);
  });

  test("uses a result for --dns-ttl, and a new address from then on (fault 17)", async () => {
    await using old = new ScriptedPeer(recite);
    await using stage = await stageWithName(old);
    lookUp.mockResolvedValue(addresses("127.0.0.1"));
    for (let i = 0; i < 2; i++) {
      expect(await stage.visit()).toEqual(whole);
      stage.proxy.purge();
      stage.clock.advance(15_000);
    }
    expect(lookUp).toHaveBeenCalledTimes(1);
    using moved = recitingAt("127.0.0.3", old.port);
    lookUp.mockResolvedValue(addresses("127.0.0.3"));
    expect(await stage.visit()).toEqual(whole);
    expect(lookUp).toHaveBeenCalledTimes(2);
    expect(old.connections).toHaveLength(2);
    expect(moved.connections).toBe(1);
  });

  test("uses the last good addresses while the resolver fails, and retries that after 1 s, 2 s, 4 s", async () => {
    await using peer = new ScriptedPeer(recite);
    await using stage = await stageWithName(peer, { random: () => 0.5 });
    lookUp.mockResolvedValue(addresses("127.0.0.1"));
    expect(await stage.visit()).toEqual(whole);
    lookUp.mockImplementation(() =>
      Promise.reject(Object.assign(new Error("dns"), { code: "DNS_ESERVFAIL" })),
    );
    stage.clock.advance(30_000);
    for (const [ms, times] of [
      [0, 2],
      [999, 2],
      [1, 3],
      [1999, 3],
      [1, 4],
    ] as const) {
      stage.clock.advance(ms);
      stage.proxy.purge();
      expect(await stage.visit()).toEqual(whole);
      expect(lookUp).toHaveBeenCalledTimes(times);
    }
    expect(stage.log.all("lookUpFailed")).toHaveLength(3);
    expect(stage.log.all("lookUpFailed")[0]).toEqual({
      host: "poems.test",
      detail: "the name server failed (DNS_ESERVFAIL)",
      addresses: ["127.0.0.1"],
    });
  });

  test("does not wait for a hanging resolver beyond the connect timeout if it knows addresses", async () => {
    await using peer = new ScriptedPeer(recite);
    await using stage = await stageWithName(peer);
    lookUp.mockResolvedValue(addresses("127.0.0.1"));
    expect(await stage.visit()).toEqual(whole);
    stage.proxy.purge();
    const said = Promise.withResolvers<Found>();
    lookUp.mockReturnValue(said.promise);
    stage.clock.advance(30_000);
    const [visitor] = await stage.visitors(1);
    stage.clock.advance(5000);
    expect(await visitor?.visit).toEqual(whole);
    said.resolve(addresses("127.0.0.1"));
    await said.promise;
  });

  test("holds down a dead address: the next fetch begins with the working one", async () => {
    await using peer = new ScriptedPeer(recite);
    await using stage = await stageWithName(peer, { random: () => 0.5 });
    lookUp.mockResolvedValue(addresses("127.0.0.2", "127.0.0.1"));
    expect(await stage.visit()).toEqual(whole);
    expect(stage.log.all("held")).toMatchObject([{ address: { host: "127.0.0.2" }, ms: 1000 }]);
    using late = recitingAt("127.0.0.2", peer.port);
    stage.proxy.purge();
    expect(await stage.visit()).toEqual(whole);
    expect(late.connections).toBe(0);
    stage.clock.advance(1000);
    stage.proxy.purge();
    expect(await stage.visit()).toEqual(whole);
    expect(late.connections).toBe(1);
    expect(stage.log.all("released")).toMatchObject([{ address: { host: "127.0.0.2" } }]);
  });

  test("with --prefer tries the addresses of that family first", async () => {
    await using peer = new ScriptedPeer(recite);
    await using stage = await stageWithName(peer, { names: { ttl: 30_000, prefer: 4 } });
    lookUp.mockResolvedValue(addresses("::1", "127.0.0.1"));
    expect(await stage.visit()).toEqual(whole);
    expect(stage.log.count("held")).toBe(0);
  });
});
