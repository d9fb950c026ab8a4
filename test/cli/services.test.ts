import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { poetry, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit, Visitor } from "../support/visitor.ts";

setDefaultTimeout(30_000);

const POEM = "Where, like a pillow on a bed,\nA pregnant bank swell'd up, to rest\n";

/** More than the kernel buffers for a client that does not read. */
const HUGE = new Uint8Array(32 * 1024 * 1024).map((_, i) => i >>> 8);

const draining = (line: string) => line.startsWith("Shutting down ");

/** Waits until the port is closed: nobody is served meanwhile; connections in the backlog may be reset. */
async function untilClosed(port: number): Promise<void> {
  for (;;) {
    const { end } = await visit(port);
    if (end === "refused") return;
    expect(end).toBe("reset");
  }
}

describe("poetry serve, proxy and get", () => {
  test("are a poem server, a cache in front of it, and a client", async () => {
    await using dir = new TempDir();
    await using server = await RunningService.start("serve", await dir.write("ecstasy.txt", POEM));
    await using proxy = await RunningService.start("proxy", `${server.port}`);
    for (let i = 0; i < 3; i++) {
      const { code, stdout, stderr } = await poetry("get", `${proxy.port}`);
      expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: POEM, stderr: "" });
    }
    await proxy.until((line) => line === "Using cached poem.");
    expect(server.lines[0]).toBe(`Serving ${dir.path}/ecstasy.txt on 127.0.0.1:${server.port}.`);
    await server.untilCount("Sending ", 1);
    expect(proxy.lines[0]).toBe(`Proxying 127.0.0.1:${server.port} on 127.0.0.1:${proxy.port}.`);
    expect(proxy.lines[1]).toBe("Fetching poem from server.");
    expect(proxy.lines[2]).toStartWith(`Fetched ${POEM.length} bytes from 127.0.0.1:${server.port} in `);
    for (const service of [proxy, server]) {
      service.signal("SIGTERM");
      expect(await service.exited).toBe(0);
    }
  });

  test("serve poems by title, with one fetch per title", async () => {
    await using dir = new TempDir();
    await dir.write("ecstasy.txt", POEM);
    await dir.write("science.txt", "Science!\n");
    await using server = await RunningService.start("serve", dir.path, "--delay", "5ms");
    await using proxy = await RunningService.start("proxy", `${server.port}`, "--request", "line");
    const ask = (title: string) => poetry("get", `${proxy.port}`, "--request", title);
    const titles = ["ecstasy", "science", "ecstasy", "science", "ecstasy"];
    const answers = await Promise.all(titles.map(ask));
    expect(answers.map(({ stdout }) => stdout.toString())).toEqual(
      titles.map((title) => (title === "ecstasy" ? POEM : "Science!\n")),
    );
    await proxy.until(() => proxy.lines.filter((line) => line.startsWith("Fetched ")).length === 2);
    await server.untilCount("Sending ", 2);
  });

  test("query a slow server once for all clients", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem", POEM);
    await using server = await RunningService.start("serve", file, "--delay", "5ms", "--num-bytes", "10");
    await using proxy = await RunningService.start("proxy", `${server.port}`, "--ttl", "0");
    const visits = await Promise.all(Array.from({ length: 50 }, () => visit(proxy.port)));
    for (const { bytes, end } of visits)
      expect({ text: bytes.toString(), end }).toEqual({ text: POEM, end: "fin" });
    await proxy.until((line) => line.startsWith("Fetched "));
    await proxy.untilCount("Fetching poem from server.", 1);
  });
});

describe("poetry serve, told to stop,", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("exits with 0 at %s when it is idle", async (signal) => {
    await using dir = new TempDir();
    await using server = await RunningService.start("serve", await dir.write("poem", POEM));
    await visit(server.port);
    server.signal(signal);
    expect(await server.exited).toBe(0);
    await server.silent;
    expect(server.lines.filter((line) => !/^(Serving|Sending|Shutting down|Stopped)\b/.test(line))).toEqual(
      [],
    );
  });

  test("stops accepting, serves the present clients completely, and exits with 0", async () => {
    await using dir = new TempDir();
    const file = await dir.write("huge", HUGE);
    await using server = await RunningService.start("serve", file, "--drain-timeout", "10m");
    const slow = new Visitor(server.port, (socket) => socket.pause());
    await server.until((line) => line.startsWith("Sending "));
    server.signal("SIGTERM");
    expect(await server.until(draining)).toBe("Shutting down on SIGTERM: waiting up to 10m for 1 client.");
    await untilClosed(server.port);
    slow.resume();
    const { bytes, end } = await slow.visit;
    expect({ end, length: bytes.length, same: bytes.equals(HUGE) }).toEqual({
      end: "fin",
      length: HUGE.length,
      same: true,
    });
    expect(await server.exited).toBe(0);
  });

  test("finishes a slow recital", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem", POEM);
    await using server = await RunningService.start("serve", file, "--delay", "20ms", "--num-bytes", "5");
    const slow = visit(server.port);
    await server.until((line) => line.startsWith("Sending "));
    server.signal("SIGTERM");
    const { bytes, end } = await slow;
    expect({ text: bytes.toString(), end }).toEqual({ text: POEM, end: "fin" });
    expect(await server.exited).toBe(0);
  });

  test("resets a stuck client at the drain timeout, and exits with 1", async () => {
    await using dir = new TempDir();
    const file = await dir.write("huge", HUGE);
    await using server = await RunningService.start("serve", file, "--drain-timeout", "50ms");
    const stuck = new Visitor(server.port, (socket) => socket.pause());
    await server.until((line) => line.startsWith("Sending "));
    server.signal("SIGTERM");
    expect((await stuck.visit).end).toBe("reset");
    expect(await server.exited).toBe(1);
    await server.silent;
    expect(server.lines.at(-1)).toBe(
      "warn: Stopped on SIGTERM: 1 client could not be served in time and will be reset.",
    );
  });

  test.each([
    ["SIGTERM", "SIGTERM", 143],
    ["SIGTERM", "SIGINT", 130],
    ["SIGINT", "SIGINT", 130],
  ] as const)(
    "resets a stuck client at once at a second signal: %s, %s, exit %d",
    async (first, second, code) => {
      await using dir = new TempDir();
      const file = await dir.write("huge", HUGE);
      await using server = await RunningService.start("serve", file, "--drain-timeout", "10m");
      const stuck = new Visitor(server.port, (socket) => socket.pause());
      await server.until((line) => line.startsWith("Sending "));
      server.signal(first);
      await server.until(draining);
      server.signal(second);
      expect((await stuck.visit).end).toBe("reset");
      expect(await server.exited).toBe(code);
      await server.silent;
      expect(server.lines.filter((line) => line.startsWith("error: "))).toEqual([]);
    },
  );

  test("waits indefinitely with --drain-timeout inf", async () => {
    await using dir = new TempDir();
    const file = await dir.write("huge", HUGE);
    await using server = await RunningService.start("serve", file, "--drain-timeout", "inf");
    const slow = new Visitor(server.port, (socket) => socket.pause());
    await server.until((line) => line.startsWith("Sending "));
    server.signal("SIGTERM");
    await server.until(draining);
    slow.resume();
    const { bytes, end } = await slow.visit;
    expect({ end, length: bytes.length }).toEqual({ end: "fin", length: HUGE.length });
    expect(await server.exited).toBe(0);
  });

  test.each(["SIGHUP", "SIGQUIT"] as const)(
    "lets no half poem look whole when its terminal goes: %s",
    async (signal) => {
      await using dir = new TempDir();
      const file = await dir.write("huge", HUGE);
      await using server = await RunningService.start("serve", file, "--drain-timeout", "50ms");
      const stuck = new Visitor(server.port, (socket) => socket.pause());
      await server.until((line) => line.startsWith("Sending "));
      server.signal(signal);
      await server.exited;
      stuck.resume();
      expect((await stuck.visit).end).toBe("reset");
    },
  );
});

test("poetry serve under nohup survives its terminal", async () => {
  await using dir = new TempDir();
  const file = await dir.write("poem", POEM);
  await using server = await RunningService.startBy(["nohup"], "serve", file);
  server.signal("SIGHUP");
  expect((await visit(server.port)).bytes.toString()).toBe(POEM);
  server.signal("SIGTERM");
  expect(await server.exited).toBe(0);
});

describe("poetry proxy, told to stop,", () => {
  test("waits for the fetch of its clients", async () => {
    await using upstream = new ScriptedPeer();
    await using proxy = await RunningService.start("proxy", `${upstream.port}`);
    const waiting = visit(proxy.port);
    const connection = await upstream.connection();
    proxy.signal("SIGTERM");
    await proxy.until(draining);
    await untilClosed(proxy.port);
    connection.send(POEM).fin();
    const { bytes, end } = await waiting;
    expect({ text: bytes.toString(), end }).toEqual({ text: POEM, end: "fin" });
    expect(await proxy.exited).toBe(0);
    expect(upstream.connections).toHaveLength(1);
  });

  test("resets clients whose fetch does not end, without sending a byte", async () => {
    await using upstream = new ScriptedPeer((connection) => connection.send("half a po"));
    await using proxy = await RunningService.start("proxy", `${upstream.port}`, "--drain-timeout", "50ms");
    const waiting = visit(proxy.port);
    await upstream.connection();
    proxy.signal("SIGTERM");
    const { bytes, end } = await waiting;
    expect({ length: bytes.length, end }).toEqual({ length: 0, end: "reset" });
    expect(await proxy.exited).toBe(1);
  });
});

describe("a port that is taken", () => {
  test.each(["serve", "proxy"] as const)("is reported in one line, with exit code 1: %s", async (command) => {
    await using dir = new TempDir();
    const file = await dir.write("poem", POEM);
    await using first = await RunningService.start("serve", file);
    const { code, stdout, stderr } = await poetry(
      command,
      command === "serve" ? file : "1",
      "--port",
      `${first.port}`,
    );
    expect({ code, stdout: stdout.length, stderr }).toEqual({
      code: 1,
      stdout: 0,
      stderr: `error: Cannot listen on 127.0.0.1:${first.port}: the port is taken (EADDRINUSE)\n`,
    });
    expect((await visit(first.port)).bytes.toString()).toBe(POEM);
  });
});

describe("poetry --log json", () => {
  test("logs one object per line: time, level, text and event", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem", POEM);
    await using server = await RunningService.start("serve", file);
    await using proxy = await RunningService.start("proxy", `${server.port}`, "--log", "json", "--verbose");
    await visit(proxy.port);
    await visit(proxy.port);
    await proxy.until((line) => line.includes('"hit"'));
    proxy.signal("SIGTERM");
    await proxy.exited;
    await proxy.silent;
    const entries = proxy.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const { ts, level, msg } of entries) {
      expect(new Date(ts as string).toISOString()).toBe(ts as string);
      expect(["debug", "info", "warn", "error"]).toContain(level as string);
      expect(msg).toBeString();
    }
    const events = entries.map(({ event, cache = "" }) => `${String(event)} ${String(cache)}`.trim());
    expect(events.slice(0, 7)).toEqual([
      "proxying",
      "fetching",
      "waiting miss",
      "connected",
      "fetched",
      "visited miss",
      "visited hit",
    ]);
    expect(entries[0]).toMatchObject({
      address: `127.0.0.1:${proxy.port}`,
      upstream: `127.0.0.1:${server.port}`,
    });
  });

  test("names the event of every line, including that of a failed start", async () => {
    await using dir = new TempDir();
    const { code, stderr } = await poetry("serve", join(dir.path, "missing"), "--log", "json");
    expect(code).toBe(1);
    const entry = JSON.parse(stderr) as Record<string, unknown>;
    expect(entry).toMatchObject({ level: "error", msg: expect.stringContaining("no such file (ENOENT)") });
    expect(entry.event).toBeString();
  });
});
