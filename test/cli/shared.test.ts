import { describe, expect, test } from "bun:test";
import { closedPort } from "../support/closed-port.ts";
import { poetry, RunningService } from "../support/program.ts";
import { HAS_REDIS, RedisServer } from "../support/redis-server.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor, visit } from "../support/visitor.ts";

const POEM = { bytes: Buffer.from("poem"), end: "fin" } as const;
const SECRET = "p@ss/w:rd% ?";

/** Starts a proxy with a server and a file in that directory, and `control.sock` beside it. */
function withBothLevels(server: RedisServer, dir: TempDir, upstream: ScriptedPeer, ttl: string) {
  return RunningService.start(
    "proxy",
    String(upstream.port),
    ...server.flags,
    "--store",
    `${dir.path}/poetry.db`,
    "--store-timeout",
    "10s",
    "--control",
    `${dir.path}/control.sock`,
    "--ttl",
    ttl,
  );
}

describe.skipIf(!HAS_REDIS)("proxy --shared", () => {
  test("shares answers through a server with a password from a file or the environment, over TCP", async () => {
    const port = closedPort();
    await using server = await RedisServer.start(
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--requirepass",
      SECRET,
    );
    await using dir = new TempDir();
    const file = await dir.write("password", `${SECRET}\n`);
    await using upstream = new ScriptedPeer((connection) => connection.send("poem").fin());
    const args = [
      String(upstream.port),
      "--shared",
      `redis://127.0.0.1:${port}/2`,
      "--ttl",
      "1h",
      "--shared-timeout",
      "10s",
      "--shared-password",
    ];
    await using one = await RunningService.start("proxy", ...args, `file:${file}`);
    expect(await visit(one.port)).toEqual(POEM);
    await using other = await RunningService.startBy(
      ["env", `SECRET=${SECRET}`],
      "proxy",
      ...args,
      "env:SECRET",
    );
    expect(await visit(other.port)).toEqual(POEM);
    expect(upstream.connections).toHaveLength(1);
    expect(await server.cli("--no-auth-warning", "-a", SECRET, "-n", "2", "DBSIZE")).not.toBe("0");
    expect(
      [...one.lines, ...other.lines].filter((line) => line.includes("store") || line.includes("p@ss")),
    ).toEqual([]);
  });

  test("shares answers through a server with a password, over a Unix socket", async () => {
    await using server = await RedisServer.start("--requirepass", SECRET);
    await using upstream = new ScriptedPeer((connection) => connection.send("poem").fin());
    const args = [String(upstream.port), ...server.flags, "--ttl", "1h"];
    const start = () =>
      RunningService.startBy(
        ["env", `SECRET=${SECRET}`],
        "proxy",
        ...args,
        "--shared-password",
        "env:SECRET",
      );
    await using one = await start();
    expect(await visit(one.port)).toEqual(POEM);
    await using other = await start();
    expect(await visit(other.port)).toEqual(POEM);
    expect(upstream.connections).toHaveLength(1);
    expect([...one.lines, ...other.lines].filter((line) => line.includes("store"))).toEqual([]);
  });

  test("logs that the server is bypassed, and shows it in the status", async () => {
    await using server = await RedisServer.start();
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer((connection) => connection.send("poem").fin());
    const socket = `${dir.path}/control.sock`;
    await using proxy = await withBothLevels(server, dir, upstream, "1ms");
    expect(await visit(proxy.port)).toEqual(POEM);
    const status = async () => (await poetry("ctl", "status", "--socket", socket)).stdout.toString();
    expect(await status()).toMatch(new RegExp(`^unix:${server.socket} +up `, "m"));
    expect(await status()).toMatch(new RegExp(`^${dir.path}/poetry.db +up +\\d+ +\\d.* 1 +1 +0 +0$`, "m"));
    await server.kill();
    expect(await visit(proxy.port)).toEqual(POEM);
    await proxy.until((line) =>
      line.startsWith(`warn: The store unix:${server.socket} has failed and is bypassed: `),
    );
    expect(await status()).toMatch(new RegExp(`^unix:${server.socket} +bypassed `, "m"));
  });

  test("lets `ctl purge` reach both levels, and says if it does not", async () => {
    await using server = await RedisServer.start();
    await using dir = new TempDir();
    let count = 0;
    await using upstream = new ScriptedPeer((connection) => connection.send(`poem ${++count}`).fin());
    const socket = `${dir.path}/control.sock`;
    await using proxy = await withBothLevels(server, dir, upstream, "1h");
    const text = async () => (await visit(proxy.port)).bytes.toString();
    const purge = (...what: string[]) => poetry("ctl", "purge", ...what, "--socket", socket);
    expect(await text()).toBe("poem 1");
    const byKey = await purge("");
    expect([byKey.code, byKey.stderr]).toEqual([0, ""]);
    expect(await text()).toBe("poem 2");
    expect((await purge("--match", ".")).code).toBe(0);
    expect((await purge("--all")).code).toBe(0);
    expect(await text()).toBe("poem 3");
    await server.kill();
    const { code, stderr } = await purge("--all");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("Purged from the memory of this process only: "),
    ]);
    expect(await text()).toBe("poem 4");
  }, 20_000);
});

test("proxy --shared starts without the server", async () => {
  await using upstream = new ScriptedPeer((connection) => connection.send("poem").fin());
  const server = `redis://127.0.0.1:${closedPort()}`;
  await using proxy = await RunningService.start("proxy", String(upstream.port), "--shared", server);
  expect(await new Visitor(proxy.port).visit).toEqual(POEM);
  expect(
    proxy.lines.filter((line) => line.startsWith(`warn: The store ${server} has failed and is bypassed: `)),
  ).toHaveLength(1);
});

test.each([
  [["--shared", "redis://:secret@host"], "a password does not belong there: use --shared-password"],
  [["--shared", "http://host"], "expected redis://HOST:PORT, rediss://HOST:PORT or unix:PATH"],
  [["--shared", "redis://host/db"], "optionally followed by /DB"],
  [["--shared", "unix:relative"], "expected redis://"],
  [["--shared", "redis://host", "--shared-password", "secret"], "expected file:PATH or env:NAME"],
  [["--shared", "redis://host", "--shared-ca", "ca.pem"], "only rediss:// uses certificates"],
  [["--shared", "unix:/run/my redis.sock"], "the path of the socket must be ASCII"],
  [["--shared", "redis://host", "--stream"], "--stream and --shared cannot be used together"],
  [["--shared-timeout", "1s"], "has no effect without --shared"],
  [["--store-size", "1MiB"], "has no effect without --store"],
  [["--store", "a", "--ttl", "0"], "no answer is kept"],
])("proxy %j is a mistake", async (args, why) => {
  const { code, stderr } = await poetry("proxy", "1", ...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
});
