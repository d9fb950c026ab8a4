import { describe, expect, test } from "bun:test";
import { closedPort } from "../support/closed-port.ts";
import { poetry, RunningService } from "../support/program.ts";
import { HAS_REDIS, RedisServer } from "../support/redis-server.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { Visitor, visit } from "../support/visitor.ts";

const POEM = { bytes: Buffer.from("poem"), end: "fin" } as const;
const VISITS = 400;

describe.skipIf(!HAS_REDIS)("proxy --reuse-port with --shared", () => {
  test("serves with several processes on one port, which share one fetch and continue without one of them", async () => {
    await using server = await RedisServer.start();
    await using upstream = new ScriptedPeer();
    const port = String(closedPort());
    const args = ["--port", port, "--reuse-port", ...server.flags, "--ttl", "1h", "--log", "json", "-v"];
    const start = () => RunningService.start("proxy", String(upstream.port), ...args);
    const one = await start();
    await using other = await start();
    const first = Array.from({ length: 40 }, () => new Visitor(Number(port)));
    await Promise.all(first.map(({ connected }) => connected));
    (await upstream.connection()).send("poem").fin();
    for (const client of first) expect(await client.visit).toEqual(POEM);
    for (let i = 0; i < VISITS; i++) expect(await visit(Number(port))).toEqual(POEM);
    expect(upstream.connections).toHaveLength(1);

    const served = [one, other].map(
      ({ lines }) => lines.filter((line) => line.includes('"bytes_out":4')).length,
    );
    expect(Math.min(...served) / (VISITS + first.length)).toBeGreaterThan(0.3);

    one.signal("SIGKILL");
    await one.exited;
    for (let i = 0; i < 40; i++) expect(await visit(Number(port))).toEqual(POEM);
    expect(upstream.connections).toHaveLength(1);
  });
});

test("proxy rejects a port that another process has, unless both share it", async () => {
  await using one = await RunningService.start("proxy", String(closedPort()), "--reuse-port");
  const { code, stderr } = await poetry("proxy", String(closedPort()), "--port", String(one.port));
  expect([code, stderr]).toEqual([1, expect.stringContaining("EADDRINUSE")]);
  await using another = await RunningService.start("proxy", String(closedPort()));
  expect((await poetry("proxy", "1", "--port", String(another.port), "--reuse-port")).code).toBe(1);
});
