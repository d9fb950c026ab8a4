import { readFileSync } from "node:fs";
import { expect, setDefaultTimeout, test } from "bun:test";
import { answered, nothing, POEM, whole } from "../support/poem.ts";
import { RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { visit, Visitor } from "../support/visitor.ts";

setDefaultTimeout(30_000);

const CLIENTS = 200;
const TICKS_A_SECOND = 100;

/** Seconds of processor time that a process has taken. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** Whether a line logs what happened to a client. */
const isAccounted = (line: string) => /^Cache miss|^Waiting for|too many clients/.test(line);

/** The limit of open files, and half of it, which clients get: fetches, files and Bun itself need the rest. */
const LIMITS = [
  [64, 32],
  [160, 80],
] as const;

test.skipIf(Bun.which("prlimit") === null).each(LIMITS)(
  "poetry proxy with %d descriptors resets all but %d of 200 clients, does not spin, and serves on",
  async (limit, room) => {
    await using upstream = new ScriptedPeer();
    await using proxy = await RunningService.startBy(
      ["prlimit", `--nofile=${limit}:${limit}`],
      "proxy",
      `${upstream.port}`,
      "--verbose",
      "--first-byte-timeout",
      "500ms",
      "--retries",
      "0",
    );
    const told = `Only ${limit} files may be open (ulimit -n): at most ${room} clients at a time.`;
    await proxy.until((line) => line.endsWith(told));
    const visitors = Array.from({ length: CLIENTS }, () => new Visitor(proxy.port));
    const connection = await upstream.connection();
    await proxy.until(() => proxy.lines.filter(isAccounted).length === CLIENTS);
    const before = processorTime(proxy.pid);
    await proxy.until((line) => line.includes("no data for 500ms"));
    expect(processorTime(proxy.pid) - before).toBeLessThan(0.25);
    for (const visitor of visitors) expect(await visitor.visit).toEqual(nothing);
    expect(proxy.lines.filter((line) => line.includes("too many clients"))).toHaveLength(CLIENTS - room);

    const next = visit(proxy.port);
    (await upstream.connection(1)).send(POEM).fin();
    expect(await next).toEqual(whole);
    connection.fin();
    proxy.signal("SIGTERM");
    expect(await proxy.exited).toBe(0);
  },
);

test.skipIf(Bun.which("prlimit") === null)(
  "poetry proxy with 64 descriptors serves 32 clients that ask for 32 things, 16 at a time",
  async () => {
    await using upstream = new ScriptedPeer();
    const options = ["--request", "line", "--verbose"];
    await using proxy = await RunningService.startBy(
      ["prlimit", "--nofile=64:64"],
      "proxy",
      `${upstream.port}`,
      ...options,
    );
    const titles = Array.from({ length: 32 }, (_, number) => `poem ${number}\r\n`);
    const visits = titles.map((title) => visit(proxy.port, (socket) => void socket.write(title)));
    await proxy.until(() => proxy.lines.filter(isAccounted).length === titles.length);
    for (const asked of [16, 32]) {
      await upstream.until(
        () => upstream.connections.filter(({ received }) => received !== "").length === asked,
      );
      expect(upstream.open).toBe(16);
      for (const connection of upstream.connections.slice(-16)) connection.send(connection.received).fin();
    }
    expect(await Promise.all(visits)).toEqual(titles.map(answered));
  },
);
