import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Status } from "../../src/observe/numbers/status.ts";
import { closedPorts } from "../support/closed-port.ts";
import { poetry, run, POETRY, RunningProgram, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit } from "../support/visitor.ts";

setDefaultTimeout(60_000);

/** A proxy of requests by line, in front of a server that echoes each request. */
async function start(...args: string[]) {
  const dir = new TempDir();
  const socket = join(dir.path, "control.sock");
  const upstream = new ScriptedPeer((connection) => {
    connection.onData = () => connection.send(`about ${connection.received}`).fin();
  });
  const proxy = await RunningService.start(
    "proxy",
    `${upstream.port}`,
    "--request",
    "line",
    "--control",
    socket,
    ...args,
  );
  return {
    socket,
    proxy,
    upstream,
    ask: async (line: string) => {
      const { bytes } = await visit(proxy.port, (client) => void client.write(`${line}\n`));
      return bytes.toString();
    },
    ctl: async (...words: string[]) => {
      const { code, stdout, stderr } = await poetry("ctl", ...words, "--socket", socket);
      return { code, out: stdout.toString(), err: stderr };
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

/** `poetry …` with its standard error as lines that can be waited for. */
function toldByErrors(...args: string[]): RunningProgram {
  return new RunningProgram(["sh", "-c", 'exec "$@" >&2', "sh", POETRY, ...args]);
}

describe("poetry ctl", () => {
  test("lists, shows and purges: a purged answer is fetched again", async () => {
    await using stage = await start();
    for (const line of ["one", "two\\", "one"]) await stage.ask(line);
    const { out } = await stage.ctl("ls", "--json", "--sort", "hits");
    const keys = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { key: string; hits: number });
    expect(keys).toMatchObject([
      { key: "one", hits: 1 },
      { key: "two\\\\", hits: 0 },
    ]);
    expect(await stage.ctl("show", keys[1]?.key ?? "")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^SERVICE +SIZE.*\nmain +\d+ B .* fresh +two\\\\\n$/),
    });
    expect(await stage.ctl("show", "three")).toEqual({ code: 1, out: "Not in the cache.\n", err: "" });
    expect(await stage.ctl("purge", "one")).toEqual({ code: 0, out: "Purged 1 entry.\n", err: "" });
    await stage.ask("one");
    expect(stage.upstream.connections).toHaveLength(3);
    expect(await stage.ctl("purge", "--match", "^t")).toMatchObject({ out: "Purged 1 entry.\n" });
    expect(await stage.ctl("purge", "--all")).toMatchObject({ out: "Purged 1 entry.\n" });
    expect(await stage.ctl("ls")).toMatchObject({ code: 0, out: "No entries.\n" });
    expect(stage.proxy.lines).toContain('Purged "one": 1 entry.');
  });

  test("accepts a key that is not text", async () => {
    await using stage = await start();
    const { code } = await run(["bash", "-c", `printf '\\xff\\n' | nc -N 127.0.0.1 ${stage.proxy.port}`]);
    expect(code).toBe(0);
    expect((await stage.ctl("ls", "--json")).out).toContain('"key":"\\\\xff"');
    const purge = `"$0" ctl purge $'\\xff' --socket ${stage.socket}`;
    const purged = await run(["bash", "-c", purge, POETRY]);
    expect(purged.stdout.toString()).toBe("Purged 1 entry.\n");
  });

  test("status shows the state of the process; with --quiet by the exit code alone", async () => {
    await using stage = await start();
    await stage.ask("one");
    const { code, out } = await stage.ctl("status");
    expect(code).toBe(0);
    expect(out).toMatch(/^poetry \d+\.\d+\.\d+, serving, up \d+m?s, [\d.]+ MiB of memory\n\nSERVICE /);
    expect(out).toMatch(
      new RegExp(`^main +127\\.0\\.0\\.1:${stage.upstream.port} +up +\\d\\d:\\d\\d:\\d\\d +1 +0 `, "m"),
    );
    expect(JSON.parse((await stage.ctl("status", "--json")).out)).toMatchObject({
      services: [{ name: "main" }],
    });
    expect(await stage.ctl("status", "--quiet")).toEqual({ code: 0, out: "", err: "" });
    expect(await stage.ctl("status", "--service", "whois")).toEqual({
      code: 1,
      out: "",
      err: "poetry ctl: No service is called whois: expected main.\n",
    });
  });

  test.each([
    [["status", "--quiet", "--json"], "--json has no effect with --quiet, which prints nothing"],
    [["top", "--json", "--sort", "hits"], "--sort has no effect with --json, which prints no entries"],
    [["top", "--json", "-n", "5"], "--limit has no effect with --json, which prints no entries"],
  ])("refuses what has no effect: %j", async (words, why) => {
    const { code, stderr } = await poetry("ctl", ...words, "--socket", "/nowhere");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `poetry ctl ${words[0]}: ${why}.\nTry "poetry ctl ${words[0]} --help".\n`,
    });
  });

  test("log makes the log more verbose at once", async () => {
    await using stage = await start();
    expect(await stage.ctl("log", "debug", "--for", "1m")).toMatchObject({
      code: 0,
      out: "Log level set to debug for 1m.\n",
    });
    await stage.ask("one");
    await stage.proxy.until((line) => line.startsWith("Cache miss: 127.0.0.1:"));
  });

  test("drain stops it gracefully and removes the socket", async () => {
    await using stage = await start();
    expect(await stage.ctl("drain")).toEqual({ code: 0, out: "Draining.\n", err: "" });
    expect(await stage.proxy.exited).toBe(0);
    expect(await stage.ctl("status", "--quiet")).toEqual({
      code: 1,
      out: "",
      err: `poetry ctl: Cannot reach poetry at ${stage.socket}: no such file (ENOENT).\n`,
    });
  });

  test("reload says that there are no files to reload", async () => {
    await using stage = await start();
    expect(await stage.ctl("reload")).toEqual({
      code: 1,
      out: "",
      err: "poetry ctl: This process was not started from files: there is nothing to reload.\n",
    });
  });

  test("top shows the status and the entries again and again", async () => {
    await using stage = await start();
    await stage.ask("one");
    await using top = toldByErrors("ctl", "top", "--socket", stage.socket);
    await top.until((line) => line.startsWith("poetry "));
    await top.until((line) => / fresh +one$/.test(line));
    await using json = toldByErrors("ctl", "top", "--json", "--socket", stage.socket);
    await json.until((line) => line.startsWith("{"));
    expect(JSON.parse(json.lines[0] ?? "")).toMatchObject({ services: [{ name: "main" }] });
  });

  test("holds an upstream, and releases it", async () => {
    await using stage = await start();
    const name = `127.0.0.1:${stage.upstream.port}`;
    expect(await stage.ctl("hold", name, "--for", "1h")).toEqual({
      code: 0,
      out: `Holding ${name} for 1h.\n`,
      err: "",
    });
    expect((await stage.ctl("status")).out).toContain(`${name}  held until `);
    expect(await stage.ctl("release", name)).toEqual({ code: 0, out: `Released ${name}.\n`, err: "" });
    expect((await stage.ctl("status")).out).toContain(`${name}  up`);
  });

  test("top ends when its reader leaves, and when the process ends", async () => {
    await using stage = await start();
    const head = await run(["bash", "-c", `"$0" ctl top --socket ${stage.socket} | head -1`, POETRY]);
    expect(head.stdout.toString()).toStartWith("poetry ");
    await using top = toldByErrors("ctl", "top", "--socket", stage.socket);
    await top.until((line) => line.startsWith("poetry "));
    stage.proxy.signal("SIGTERM");
    expect(await top.exited).toBe(1);
    expect(top.lines.at(-1)).toStartWith(`poetry ctl: Cannot reach poetry at ${stage.socket}: `);
  });

  test("finds the socket by $POETRY_CONTROL, and a service's in its RuntimeDirectory", async () => {
    await using dir = new TempDir();
    const poem = await dir.write("poem", "a poem\n");
    const env = `RUNTIME_DIRECTORY=${dir.path}`;
    await using _ = await RunningService.startBy(["env", env], "serve", poem);
    const here = await run(["env", env, POETRY, "ctl", "status"]);
    expect(here.stdout.toString()).toMatch(/^main +0 +- +0 /m);
    const named = await run([
      "env",
      `POETRY_CONTROL=${dir.path}/control.sock`,
      POETRY,
      "ctl",
      "status",
      "--quiet",
    ]);
    expect(named.code).toBe(0);
  });

  test("works with services of all kinds in one process, each by its name", async () => {
    await using dir = new TempDir();
    const socket = join(dir.path, "control.sock");
    await dir.write("poem.txt", "Death, be not proud\n");
    const [poems = 0, cached = 0, transforms = 0, once = 0] = closedPorts(4);
    const file = await dir.write(
      "poetry.toml",
      `[control]\nsocket = "${socket}"\n[serve.poems]\nfile = "poem.txt"\nport = ${poems}\n[proxy.cached]\nupstream = ${poems}\nport = ${cached}\n[transform-serve.transforms]\nport = ${transforms}\n[transform-proxy.once]\nupstream = ${transforms}\nport = ${once}\n`,
    );
    await using up = new RunningProgram([POETRY, "up", file]);
    await up.until((line) => line.startsWith("once: "));
    const ctl = async (...words: string[]) => {
      const { code, stdout, stderr } = await poetry("ctl", ...words, "--socket", socket);
      return { code, out: stdout.toString(), err: stderr };
    };
    expect((await visit(cached)).bytes.toString()).toBe("Death, be not proud\n");
    const { services } = JSON.parse((await ctl("status", "--json")).out) as Status;
    expect(services.map(({ name }) => name)).toEqual(["poems", "cached", "transforms", "once"]);
    expect((await ctl("ls")).out).toMatch(/^SERVICE .*\ncached +.* fresh *\n$/);
    expect(await ctl("ls", "--service", "once")).toMatchObject({ out: "No entries.\n" });
    expect(await ctl("ls", "--service", "poems")).toEqual({
      code: 1,
      out: "",
      err: "poetry ctl: poems has no cache.\n",
    });
    expect(await ctl("hold", `127.0.0.1:${transforms}`)).toMatchObject({ code: 0 });
    const held = JSON.parse((await ctl("status", "--json", "--service", "once")).out) as Status;
    expect(held.services[0]?.upstreams).toMatchObject([{ up: false, why: "order" }]);
    expect(await ctl("release", `127.0.0.1:${transforms}`)).toMatchObject({ code: 0 });
    expect(await ctl("purge", "", "--service", "cached")).toMatchObject({ out: "Purged 1 entry.\n" });
    expect(await ctl("reload")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Reloaded: \d services, /),
    });
    expect(await ctl("drain")).toMatchObject({ code: 0 });
    expect(await up.exited).toBe(0);
  });

  test.each([
    [["purge"], "poetry ctl purge: Expected one of KEY, --match and --all"],
    [["purge", "a", "--all"], "poetry ctl purge: Expected one of KEY, --match and --all"],
    [["prge"], "poetry ctl: Unknown command prge - did you mean purge?"],
    [
      ["--socket", "/run/poetry.sock", "status"],
      "poetry ctl: Missing command before --socket: one of status, ls, show, purge, hold, release, log, drain, reload, upgrade, top; flags follow it",
    ],
    [
      ["frob"],
      "poetry ctl: Unknown command frob: expected status, ls, show, purge, hold, release, log, drain, reload, upgrade, top",
    ],
    [
      [],
      "poetry ctl: Missing command: one of status, ls, show, purge, hold, release, log, drain, reload, upgrade, top",
    ],
    [
      ["hold", "127.0.0.1:1", "--for", "0"],
      'poetry ctl hold: Bad --for "0": expected a duration of more than 0 and at most 24h, such as 90s, 10m or 1.5h',
    ],
    [
      ["log", "debug", "--for", "soon"],
      'poetry ctl log: Bad --for "soon": expected a duration of more than 0',
    ],
    [
      ["ls", "--limit", "20000"],
      'poetry ctl ls: Bad --limit "20000": expected a whole number from 1 to 10000',
    ],
    [["ls", "-n", "0"], 'poetry ctl ls: Bad --limit "0": expected a whole number from 1 to 10000'],
    [["top", "-n", "20000"], 'poetry ctl top: Bad --limit "20000": expected a whole number from 1 to 10000'],
    [
      ["ls", "--match", "["],
      'poetry ctl ls: Bad --match "[": expected a regular expression; missing closing ]',
    ],
    [
      ["purge", "--match", "\\1"],
      'poetry ctl purge: Bad --match "\\1": expected a regular expression without \\1',
    ],
    [["purge", "--match", ""], 'poetry ctl purge: Bad --match "": must not be empty'],
    [
      ["purge", "a\\q"],
      'poetry ctl purge: Bad KEY "a\\q": expected \\n, \\r, \\t, \\\\ or \\x00 to \\xff instead of \\q',
    ],
    [
      ["show", "a\\"],
      'poetry ctl show: Bad KEY "a\\": expected \\n, \\r, \\t, \\\\ or \\x00 to \\xff instead of \\',
    ],
    [["log", "loud"], 'poetry ctl log: Bad LEVEL "loud": expected error, warn, info or debug'],
  ])("%j is a usage error", async (words, message) => {
    const { code, stdout, stderr } = await poetry("ctl", ...words);
    expect([code, stdout.length]).toEqual([2, 0]);
    expect(stderr).toStartWith(message);
  });

  test("top ends with what the process does not understand", async () => {
    await using dir = new TempDir();
    const socket = join(dir.path, "control.sock");
    const refusal = "Bad number of entries\n";
    using listener = Bun.listen({
      unix: socket,
      socket: {
        data(client, request) {
          if (!request.includes("/events"))
            client.end(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${refusal.length}\r\n\r\n${refusal}`);
          else client.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {}\n\n");
        },
      },
    });
    listener.unref();
    expect(await poetry("ctl", "top", "--socket", socket)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^poetry ctl top: Bad number of entries\.\n/),
    });
  });

  test("hold names the upstreams that there are, when it knows no such one", async () => {
    await using stage = await start();
    expect(await stage.ctl("hold", "nowhere")).toEqual({
      code: 1,
      out: "",
      err: `poetry ctl: No service has an upstream called nowhere: expected 127.0.0.1:${stage.upstream.port}.\n`,
    });
  });

  test("is explained by --help and help", async () => {
    const [group, one, other] = await Promise.all([
      poetry("ctl", "--help"),
      poetry("help", "ctl", "purge"),
      poetry("ctl", "purge", "--help"),
    ]);
    expect(group.stdout.toString()).toContain("ctl purge");
    expect(one.stdout.toString()).toContain("USAGE poetry ctl purge [KEY] [FLAGS]");
    expect(other.stdout.toString()).toBe(one.stdout.toString());
  });
});
