import { describe, expect, test } from "bun:test";
import { Numbers } from "../../../src/cache/numbers.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { wallClock } from "../../../src/time/time-of-day.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { ProxyStage, type StageOptions } from "../../support/proxy-stage.ts";
import { HAS_REDIS, RedisServer } from "../../support/redis-server.ts";
import { ScriptedPeer } from "../../support/scripted-peer.ts";
import { SharedNode, untilOneWaits } from "../../support/shared-nodes.ts";

/** A proxy, and the store that it shares. */
async function openNode(url: string, upstream: ScriptedPeer, options: StageOptions = {}) {
  const node = await SharedNode.open(url);
  const stage = await ProxyStage.open(undefined, {
    clock: systemClock,
    upstream: upstream.address,
    secondLevels: { levels: [node.level], numbers: new Numbers(wallClock) },
    ...options,
  });
  return {
    node,
    stage,
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when the server has the answer with that number, past its ttl: its clock counts, from when it got the answer. */
async function untilStale(node: SharedNode, number: number, ttl: number): Promise<void> {
  for (;;) {
    const found = await node.value("");
    if (found.number >= number && found.age > ttl) return;
  }
}

const CLIENTS = 200;

describe.skipIf(!HAS_REDIS)("Proxy with a shared second level", () => {
  test(`asks the upstream once on behalf of two nodes with ${CLIENTS} clients each`, async () => {
    await using server = await RedisServer.start();
    await using upstream = new ScriptedPeer();
    await using one = await openNode(server.url, upstream);
    await using other = await openNode(server.url, upstream);
    const visitors = await Promise.all([one.stage.visitors(CLIENTS), other.stage.visitors(CLIENTS)]);
    const connection = await upstream.connection();
    await untilOneWaits(one.node, other.node);
    connection.send("poem").fin();
    for (const { visit } of visitors.flat())
      expect(await visit).toEqual({ bytes: Buffer.from("poem"), end: "fin" });
    expect(upstream.connections).toHaveLength(1);
    const statuses = [...one.stage.visits, ...other.stage.visits].map(({ status }) => status);
    expect(statuses.filter((status) => status === "miss")).toHaveLength(1);
    expect(statuses.filter((status) => status === "coalesced")).toHaveLength(2 * CLIENTS - 1);
  });

  test("fails all clients of both nodes with the one failed fetch", async () => {
    await using server = await RedisServer.start();
    await using upstream = new ScriptedPeer();
    await using one = await openNode(server.url, upstream);
    await using other = await openNode(server.url, upstream);
    const visitors = await Promise.all([one.stage.visitors(20), other.stage.visitors(20)]);
    const connection = await upstream.connection();
    await untilOneWaits(one.node, other.node);
    connection.send("po").reset();
    for (const { visit } of visitors.flat()) expect(await visit).toMatchObject({ end: "reset" });
    expect(upstream.connections).toHaveLength(1);
    const endings = [...one.stage.visits, ...other.stage.visits].map(({ ending }) => ending);
    expect(new Set(endings)).toEqual(new Set(["upstream/data/reset"]));
  });

  test("sends a refusal to all waiters on any node, and to no other client", async () => {
    const refusal = "You have asked too often.\r\n";
    await using server = await RedisServer.start();
    await using upstream = new ScriptedPeer();
    await using one = await openNode(server.url, upstream, { refusal: /too often/ });
    await using other = await openNode(server.url, upstream, { refusal: /too often/ });
    const visitors = await Promise.all([one.stage.visitors(20), other.stage.visitors(20)]);
    const connection = await upstream.connection();
    await untilOneWaits(one.node, other.node);
    connection.send(refusal).fin();
    for (const { visit } of visitors.flat())
      expect(await visit).toEqual({ bytes: Buffer.from(refusal), end: "fin" });
    expect(upstream.connections).toHaveLength(1);
    expect([one.stage.proxy.entries, other.stage.proxy.entries]).toEqual([0, 0]);
    await one.stage.log.until("visited", 20);
    await other.stage.log.until("visited", 20);
    const statuses = [...one.stage.visits, ...other.stage.visits].map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(["miss", "coalesced"]));
    expect(statuses.filter((status) => status === "miss")).toHaveLength(1);
  });

  test("lets a stale answer stand in for a refusal that another node got", async () => {
    await using server = await RedisServer.start();
    await using upstream = new ScriptedPeer((next) => next.send("poem").fin());
    const options = { refusal: /too often/, ttl: 1, staleIfError: 60_000 };
    await using one = await openNode(server.url, upstream, options);
    await using other = await openNode(server.url, upstream, options);
    let newest = 0;
    for (const { stage } of [one, other]) {
      expect(await stage.visit()).toMatchObject({ end: "fin" });
      const entry = () => stage.proxy.kept.describeAsked(new Uint8Array())[0]!;
      while (entry().freshness === "fresh") await nextTurn();
      expect(entry().freshness).toBe("reserve");
      newest = Math.max(newest, entry().number);
    }
    await untilStale(one.node, newest, options.ttl);
    // Nodes take the age of each other's answers from the wall clock, in whole milliseconds.
    const stored = wallClock();
    while (wallClock() - stored < 3) await nextTurn();
    upstream.script = () => {};
    const asked = upstream.connections.length;
    const visitors = await Promise.all([one.stage.visitors(3), other.stage.visitors(3)]);
    const connection = await upstream.connection(asked);
    await untilOneWaits(one.node, other.node);
    connection.send("asked too often").fin();
    for (const { visit } of visitors.flat())
      expect(await visit).toEqual({ bytes: Buffer.from("poem"), end: "fin" });
    expect(upstream.connections).toHaveLength(asked + 1);
  });

  test("shares answers of ttl 0 among waiters on all nodes, and keeps them nowhere", async () => {
    await using server = await RedisServer.start();
    await using upstream = new ScriptedPeer();
    await using one = await openNode(server.url, upstream, { ttl: 0 });
    await using other = await openNode(server.url, upstream, { ttl: 0 });
    const visitors = await Promise.all([one.stage.visitors(5), other.stage.visitors(5)]);
    const connection = await upstream.connection();
    await untilOneWaits(one.node, other.node);
    connection.send("poem").fin();
    for (const { visit } of visitors.flat())
      expect(await visit).toEqual({ bytes: Buffer.from("poem"), end: "fin" });
    expect(upstream.connections).toHaveLength(1);
    upstream.script = (next) => next.send("another").fin();
    expect(await other.stage.visit()).toMatchObject({ bytes: Buffer.from("another") });
    expect([one.stage.proxy.entries, other.stage.proxy.entries]).toEqual([0, 0]);
  });

  test("drops from the memory of all nodes what one has purged", async () => {
    await using server = await RedisServer.start();
    let count = 0;
    await using upstream = new ScriptedPeer((connection) => connection.send(`poem ${++count}`).fin());
    await using one = await openNode(server.url, upstream);
    await using other = await openNode(server.url, upstream);
    const text = async ({ stage }: typeof one) => (await stage.visit()).bytes.toString();
    expect([await text(one), await text(other)]).toEqual(["poem 1", "poem 1"]);
    await server.untilCalled("xrevrange", 2);
    await one.stage.proxy.kept.purge();
    expect([await text(other), await text(one)]).toEqual(["poem 2", "poem 2"]);
  });
});
