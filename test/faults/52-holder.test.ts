import { describe, expect, test } from "bun:test";
import { RunningService } from "../support/program.ts";
import { HAS_REDIS, RedisServer } from "../support/redis-server.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { Visitor } from "../support/visitor.ts";

/** Two nodes that share a server, one of which is fetching, with a client of each. */
async function twoNodes(server: RedisServer, upstream: ScriptedPeer) {
  const start = () =>
    RunningService.start("proxy", String(upstream.port), ...server.flags, "--ttl", "1h", "-v");
  const [holder, other] = [await start(), await start()];
  const first = new Visitor(holder.port);
  await upstream.connection(0);
  const second = new Visitor(other.port);
  await other.until((line) => line.startsWith("Cache miss: "));
  return {
    holder,
    other,
    first,
    second,
    async [Symbol.asyncDispose]() {
      await holder[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

const POEM = { bytes: Buffer.from("poem"), end: "fin" } as const;

describe.skipIf(!HAS_REDIS)("52: the holder of a lease", () => {
  test("is killed: exactly one of the others fetches", async () => {
    await using server = await RedisServer.start();
    await using upstream = new ScriptedPeer();
    await using nodes = await twoNodes(server, upstream);
    const { holder, other, first, second } = nodes;
    const third = new Visitor(other.port);
    holder.signal("SIGKILL");
    await first.visit;
    (await upstream.connection(1)).send("poem").fin();
    expect([await second.visit, await third.visit]).toEqual([POEM, POEM]);
    expect(upstream.connections).toHaveLength(2);
  }, 20_000);

  test("is stopped for longer than its lease: it has one successor, and its late answer is not kept", async () => {
    await using server = await RedisServer.start();
    await using upstream = new ScriptedPeer();
    await using nodes = await twoNodes(server, upstream);
    const { holder, first, second } = nodes;
    holder.signal("SIGSTOP");
    const successor = await upstream.connection(1);
    (await upstream.connection(0)).send("late").fin();
    successor.send("poem").fin();
    expect(await second.visit).toEqual(POEM);
    holder.signal("SIGCONT");
    expect(await first.visit).toEqual({ bytes: Buffer.from("late"), end: "fin" });
    await holder.until((line) => line.startsWith("Fetched "));
    await using third = await RunningService.start(
      "proxy",
      String(upstream.port),
      ...server.flags,
      "--ttl",
      "1h",
    );
    expect(await new Visitor(third.port).visit).toEqual(POEM);
    expect(upstream.connections).toHaveLength(2);
  }, 20_000);
});
