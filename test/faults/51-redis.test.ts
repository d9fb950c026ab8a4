import { describe, expect, test } from "bun:test";
import { Numbers } from "../../src/cache/numbers.ts";
import { systemClock } from "../../src/time/clock.ts";
import { wallClock } from "../../src/time/time-of-day.ts";
import { closedPort } from "../support/closed-port.ts";
import { fakeRedis, type Say } from "../support/fake-redis.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { HAS_REDIS, RedisServer } from "../support/redis-server.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { SharedNode, untilOneWaits } from "../support/shared-nodes.ts";

const POEM = { bytes: Buffer.from("poem"), end: "fin" } as const;

/** A node that keeps no answers, so that every visit asks the server, and waits at most 200 ms for it. */
async function openNode(url: string) {
  const node = await SharedNode.open(url, { timeout: 200 });
  const stage = await ProxyStage.open((connection) => connection.send("poem").fin(), {
    clock: systemClock,
    ttl: 0,
    secondLevels: { levels: [node.level], numbers: new Numbers(wallClock) },
  });
  return {
    node,
    stage,
    visits: async (count: number) => {
      for (let i = 0; i < count; i++) expect(await stage.visit()).toEqual(POEM);
    },
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
    },
  };
}

type Node = Awaited<ReturnType<typeof openNode>>;

/** Visits until the server is no longer bypassed. */
async function restored({ node, visits }: Node): Promise<void> {
  while (node.store.isFailing) await visits(1);
}

describe.skipIf(!HAS_REDIS)("51: a shared server", () => {
  const troubles: Record<
    string,
    { begin: (server: RedisServer) => Promise<unknown>; end: (server: RedisServer) => Promise<unknown> }
  > = {
    "is killed, and starts again empty": {
      begin: (server) => server.kill(),
      end: (server) => server.start(),
    },
    "is stopped, and goes on": {
      begin: async (server) => server.signal("SIGSTOP"),
      end: async (server) => server.signal("SIGCONT"),
    },
    "pauses its clients": {
      begin: (server) => server.cli("CLIENT", "PAUSE", "1000", "ALL"),
      end: async () => {},
    },
    "becomes a replica, which may not be written": {
      begin: (server) => server.cli("REPLICAOF", "127.0.0.1", "1"),
      end: (server) => server.cli("REPLICAOF", "NO", "ONE"),
    },
    "is full": {
      begin: (server) => server.cli("CONFIG", "SET", "maxmemory", "1"),
      end: (server) => server.cli("CONFIG", "SET", "maxmemory", "0"),
    },
    "wants a password all of a sudden": {
      begin: async (server) => {
        await server.cli("CONFIG", "SET", "requirepass", "secret");
        await server.cli("-a", "secret", "--no-auth-warning", "CLIENT", "KILL", "TYPE", "normal");
      },
      end: (server) => server.cli("-a", "secret", "--no-auth-warning", "CONFIG", "SET", "requirepass", ""),
    },
  };
  for (const [name, { begin, end }] of Object.entries(troubles))
    test(`${name}: no client notices, it is reported once, and it recovers`, async () => {
      await using server = await RedisServer.start();
      await using one = await openNode(server.url);
      await one.visits(2);
      expect(one.node.told).toEqual([]);
      await begin(server);
      await one.visits(5);
      expect(one.stage.upstream.connections).toHaveLength(7);
      expect(one.node.told).toHaveLength(1);
      await end(server);
      await restored(one);
      expect(one.node.told).toEqual([expect.any(String), "restored"]);
      await one.visits(2);
      expect(one.node.told).toHaveLength(2);
    });

  test("has lost its scripts: they are sent again", async () => {
    await using server = await RedisServer.start();
    await using one = await openNode(server.url);
    await one.visits(1);
    await server.cli("SCRIPT", "FLUSH");
    await one.visits(1);
    expect(one.node.told).toEqual([]);
  });

  test("was restarted empty: what nodes have in memory may have been purged meanwhile", async () => {
    await using server = await RedisServer.start();
    await using one = await openNode(server.url);
    const heard: unknown[] = [];
    one.node.level.onPurgeElsewhere?.((what) => heard.push(what));
    await server.untilCalled("xrevrange", 1);
    await server.kill();
    await server.start();
    await one.visits(1);
    await restored(one);
    expect(heard).toEqual(["outdated"]);
  });
});

test("51: a server that is missing at the start, or unsuitable, is reported and bypassed", async () => {
  await using absent = await openNode(`redis://127.0.0.1:${closedPort()}`);
  await absent.visits(3);
  expect(absent.node.told).toHaveLength(1);
  for (const [info, why] of [
    ["redis_version:7.0.0\r\nredis_mode:cluster\r\n", "Redis Cluster"],
    ["redis_version:6.0.16\r\nredis_mode:standalone\r\n", 'its version is "6.0.16"'],
    ["something else", 'its version is ""'],
  ] as const) {
    await using server = fakeRedis(() => "+OK\r\n", info);
    await using node = await openNode(`redis://127.0.0.1:${server.port}`);
    await node.visits(2);
    expect(node.node.told).toEqual([expect.stringContaining(why)]);
  }
});

const replies: Record<string, Say> = {
  nothing: () => undefined,
  "an error": () => "-ERR unknown\r\n",
  LOADING: () => "-LOADING Redis is loading the dataset in memory\r\n",
  OOM: () => "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
  READONLY: () => "-READONLY You can't write against a read only replica.\r\n",
  NOSCRIPT: () => "-NOSCRIPT No matching script.\r\n",
  "a number": () => ":5\r\n",
  "no value": () => "$-1\r\n",
  "an empty array": () => "*0\r\n",
  "an unknown state": () => "*2\r\n$6\r\nbanana\r\n$1\r\n1\r\n",
  "a lease without an epoch": () => "*2\r\n$5\r\nyours\r\n$1\r\n1\r\n",
  "a nested array": () => "*2\r\n*1\r\n$1\r\na\r\n$1\r\n1\r\n",
  garbage: () => "\u0000\u00ff\u00fe garbage \r\n\r\n",
  "half a reply, and the end": (_command, connection) => {
    connection.send("*3\r\n$5\r\nval").fin();
    return "";
  },
  "a reset": (_command, connection) => {
    connection.reset();
    return "";
  },
  "a value that is not there": (command) =>
    command === "GET" ? "$-1\r\n" : "*4\r\n$5\r\nvalue\r\n$9\r\n999999999\r\n:1000\r\n:100\r\n",
  "a value that is cut short": (command) =>
    command === "GET"
      ? "$12\r\n1 999999999\n\r\n"
      : "*4\r\n$5\r\nvalue\r\n$9\r\n999999999\r\n:1000\r\n:100\r\n",
  "a value of the wrong type": (command) =>
    command === "GET"
      ? "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
      : "*4\r\n$5\r\nvalue\r\n$9\r\n999999999\r\n:1000\r\n:100\r\n",
  "a value of a terabyte": () => "*4\r\n$5\r\nvalue\r\n$9\r\n999999999\r\n:1000\r\n:1099511627776\r\n",
};

for (const [name, say] of Object.entries(replies))
  test(`51: a server that replies with ${name}: no client notices`, async () => {
    await using server = fakeRedis(say);
    await using node = await openNode(`redis://127.0.0.1:${server.port}`);
    await node.visits(3);
    expect(node.stage.upstream.connections).toHaveLength(3);
  });

describe.skipIf(!HAS_REDIS)("53: nodes without their server", () => {
  test("fetch once each, however many clients they have, and share again when the server is back", async () => {
    await using server = await RedisServer.start();
    await using upstream = new ScriptedPeer();
    const open = async () => {
      const node = await SharedNode.open(server.url, { timeout: 200 });
      const secondLevels = { levels: [node.level], numbers: new Numbers(wallClock) };
      const stage = await ProxyStage.open(undefined, {
        clock: systemClock,
        ttl: 0,
        upstream: upstream.address,
        secondLevels,
      });
      return { node, stage };
    };
    const nodes = [await open(), await open()];
    await server.kill();
    const visitors = await Promise.all(nodes.map(({ stage }) => stage.visitors(50)));
    const connections = [await upstream.connection(0), await upstream.connection(1)];
    for (const connection of connections) connection.send("poem").fin();
    for (const { visit } of visitors.flat()) expect(await visit).toEqual(POEM);
    expect(upstream.connections).toHaveLength(2);

    await server.start();
    upstream.script = (connection) => connection.send("poem").fin();
    for (const { node, stage } of nodes)
      while (node.store.isFailing) expect(await stage.visit()).toEqual(POEM);
    upstream.script = () => {};
    const before = upstream.connections.length;
    const again = await Promise.all(nodes.map(({ stage }) => stage.visitors(50)));
    await untilOneWaits(...nodes.map(({ node }) => node));
    (await upstream.connection(before)).send("poem").fin();
    for (const { visit } of again.flat()) expect(await visit).toEqual(POEM);
    expect(upstream.connections).toHaveLength(before + 1);
    for (const { node, stage } of nodes) {
      await stage[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
    }
  });
});
