import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { TcpAddress } from "../../../src/net/address.ts";
import { loadPatterns } from "../../../src/protocols/pattern.ts";
import { closedPort } from "../../support/closed-port.ts";
import { FileProcess } from "../../support/file-process.ts";
import { ScriptedPeer, type PeerConnection } from "../../support/scripted-peer.ts";
import { visit, Visitor } from "../../support/visitor.ts";

const POEM = "I wonder, by my troth, what thou and I\n";

beforeAll(loadPatterns);

let running: { upstream: ScriptedPeer; process: FileProcess | undefined } | undefined;

afterEach(async () => {
  running?.process?.roster.abort();
  await running?.upstream[Symbol.asyncDispose]();
  running = undefined;
});

/** An upstream, and a file with a proxy of it on a free port. */
function stage() {
  const upstream = new ScriptedPeer();
  const port = closedPort();
  running = { upstream, process: undefined };
  const file = (rest = "", more = "") =>
    `[proxy.p]\nupstream = ${upstream.port}\nport = ${port}\n${rest}\n${more}`;
  const start = async (text: string) => {
    const process = await FileProcess.start(text);
    running = { upstream, process };
    return process;
  };
  return { upstream, port, file, start };
}

async function poemAt(port: number): Promise<string> {
  const { bytes, end } = await visit(port);
  return end === "fin" ? bytes.toString() : end;
}

/** The answer to a client whose request needs another fetch. */
async function fetched(port: number, connection: Promise<PeerConnection>, poem = POEM): Promise<string> {
  const asking = poemAt(port);
  (await connection).send(poem).fin();
  return asking;
}

describe("Reloader.reload()", () => {
  test("keeps the answers of a proxy whose settings change, each for its own lifetime", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file('ttl = "1h"'));
    expect(await fetched(port, upstream.connection())).toBe(POEM);
    expect(await process.reload(file("ttl = 0"))).toEqual([]);
    expect(await poemAt(port)).toBe(POEM); // Stored for an hour.
    expect(upstream.connections).toHaveLength(1);
    process.proxy("p").purge();
    expect(await fetched(port, upstream.connection(1), "new")).toBe("new");
    expect(await fetched(port, upstream.connection(2), "newer")).toBe("newer"); // No longer kept.
    expect(process.told("reloaded")).toMatchObject([{ services: 1, added: 0, removed: 0, changed: 1 }]);
    expect(process.told("startsEmpty")).toEqual([]);
    expect(process.told("proxying")).toHaveLength(1);
  });

  test("judges a fetch under way by the rules in force when it lands", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file());
    const asking = poemAt(port);
    const connection = await upstream.connection();
    await process.reload(file("no-store = 'troth'\nidle-timeout = '1m'"));
    connection.send(POEM).fin();
    expect(await asking).toBe(POEM);
    expect(process.told("notKept")).toMatchObject([{ why: "no_store", fetch: 1 }]);
    const next = poemAt(port);
    (await upstream.connection(1)).send("other").fin();
    expect(await next).toBe("other");
    expect(process.told("fetched").map(({ number }) => number)).toEqual([1, 2]); // Numbers continue.
  });

  test("lets waiters share one fetch across a reload", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file());
    const before = poemAt(port);
    const connection = await upstream.connection();
    await process.reload(file("retries = 0"));
    const after = new Visitor(port);
    await process.recorder.until("coalesced", 1);
    connection.send(POEM).fin();
    expect([await before, (await after.visit).bytes.toString()]).toEqual([POEM, POEM]);
    expect(upstream.connections).toHaveLength(1);
  });

  test("keeps what is held down", async () => {
    const { upstream, port, file, start } = stage();
    const rest = "retries = 0\nrefusal = '^no$'";
    const process = await start(file(rest));
    expect(await fetched(port, upstream.connection(), "no")).toBe("no");
    await process.reload(file(`${rest}\nmax-fetches = 2\ndns-ttl = "30s"`));
    expect(await poemAt(port)).toBe("no"); // Again, without a fetch.
    expect(upstream.connections).toHaveLength(1);
  });

  test.each([
    ["upstream", (other: number) => `upstream = ["127.0.0.1:${other}"]`, "upstream has changed"],
    ["request", () => "request = 'line'", "request has changed"],
  ])("starts empty where %s changes, says so, and keeps the port", async (_what, change, reason) => {
    const { upstream, port, file, start } = stage();
    await using other = new ScriptedPeer();
    const process = await start(file());
    expect(await fetched(port, upstream.connection())).toBe(POEM);
    const line = change(other.port);
    const text = line.startsWith("upstream") ? file().replace(/upstream = .*/, line) : file(line);
    expect(await process.reload(text)).toEqual([]);
    expect(process.told("startsEmpty")).toEqual([{ reason }]);
    expect(process.proxy("p").entries).toBe(0);
    const asked = line.startsWith("upstream") ? other.connection() : upstream.connection(1);
    const client = new Visitor(port, (socket) => void socket.write("x\n"));
    (await asked).send("new").fin();
    expect((await client.visit).bytes.toString()).toBe("new");
    expect(process.told("proxying")).toHaveLength(1); // The port was never closed.
  });

  test("changes nothing if there are mistakes, and reports all of them", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file());
    await fetched(port, upstream.connection());
    const wrong = [
      'f.toml:4:1: proxy.p: unknown key "tll" - did you mean "ttl"?',
      'f.toml:5:9: proxy.p: bad grace "x": expected a duration such as 250ms, 90s, 1.5h, 30d, 0 or inf',
    ];
    expect(await process.reload(file('tll = "1h"\ngrace = "x"'))).toEqual(wrong);
    expect(process.told("reloadFailed").map(({ reason }) => reason)).toEqual(wrong);
    expect(await poemAt(port)).toBe(POEM);
    expect(await process.reload(file("", "[serve.s]\nfile = '/nothing'"))).toEqual([
      "f.toml:6:8: serve.s: cannot serve /nothing: no such file (ENOENT)",
    ]);
    expect(process.told("reloaded")).toEqual([]);
  });

  test("changes nothing if a port is taken", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file());
    const free = closedPort();
    const taken = file(
      "ttl = 0",
      `[proxy.q]\nupstream = 1\nport = ${upstream.port}\n[proxy.r]\nupstream = 1\nport = ${free}`,
    );
    expect(await process.reload(taken)).toEqual([
      `q: Cannot listen on 127.0.0.1:${upstream.port}: the port is taken (EADDRINUSE)`,
    ]);
    expect(await poemAt(free)).toBe("refused");
    expect(process.roster.members).toHaveLength(1);
    expect(await fetched(port, upstream.connection())).toBe(POEM);
    expect(await poemAt(port)).toBe(POEM); // The ttl is unchanged.
  });

  test("moves a port and keeps its clients and the cache", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file());
    const asking = poemAt(port);
    const connection = await upstream.connection();
    const moved = closedPort();
    await process.reload(file().replace(`port = ${port}`, `port = ${moved}`));
    expect(await poemAt(port)).toBe("refused");
    connection.send(POEM).fin();
    expect([await asking, await poemAt(moved)]).toEqual([POEM, POEM]);
    expect(process.told("proxying").map(({ address }) => (address as TcpAddress).port)).toEqual([
      port,
      moved,
    ]);
  });

  test("lets clients of a removed service finish", async () => {
    const { upstream, port, file, start } = stage();
    const other = closedPort();
    const process = await start(file("", `[proxy.gone]\nupstream = ${upstream.port}\nport = ${other}`));
    const asking = poemAt(other);
    const connection = await upstream.connection();
    await process.reload(file());
    expect(await poemAt(other)).toBe("refused");
    connection.send(POEM).fin();
    expect(await asking).toBe(POEM);
    expect(process.told("reloaded")).toMatchObject([{ services: 1, removed: 1, changed: 0 }]);
    expect(await fetched(port, upstream.connection(1))).toBe(POEM);
  });

  test("changes access rules, and remembers how often each address connected", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file("rate = '1/h'\nburst = 2"));
    expect(await fetched(port, upstream.connection())).toBe(POEM);
    await process.reload(file("rate = '1/h'\nburst = 2\nmax-clients = 10"));
    expect([await poemAt(port), await poemAt(port)]).toEqual([POEM, "reset"]);
    await process.reload(file("clients = '10.0.0.0/8'"));
    expect(await poemAt(port)).toBe("reset");
    await process.reload(file("clients = '127.0.0.1'"));
    expect(await poemAt(port)).toBe(POEM);
    expect(upstream.connections).toHaveLength(1);
  });

  test("counts earlier fetches for a new rate, and removes a rate", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file("ttl = 0\nfetch-rate = '1/h'"));
    expect(await fetched(port, upstream.connection())).toBe(POEM);
    const waiting = poemAt(port);
    await process.recorder.until("waiting");
    await process.reload(file("ttl = 0\nfetch-rate = '2/h'"));
    (await upstream.connection(1)).send(POEM).fin();
    expect(await waiting).toBe(POEM);
    await process.reload(file("ttl = 0"));
    expect(await fetched(port, upstream.connection(2))).toBe(POEM);
  });

  test("connects from another address, and reports what has to wait for the next start", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file("ttl = 0"));
    expect(await fetched(port, upstream.connection())).toBe(POEM);
    await process.reload(file("ttl = 0\nsource = '127.0.0.9'\nreuse-port = true"));
    expect(await fetched(port, upstream.connection(1))).toBe(POEM);
    expect(upstream.connections.map(({ host }) => host)).toEqual(["127.0.0.1", "127.0.0.9"]);
    expect(process.told("notReloaded")).toEqual([{ setting: "reuse-port" }]);
  });

  test("evicts entries if there is less room for them", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file("request = 'line'"));
    const ask = async (text: string, index: number) => {
      const asking = new Visitor(port, (socket) => void socket.write(`${text}\n`)).visit;
      (await upstream.connection(index)).send(text).fin();
      return (await asking).bytes.toString();
    };
    for (const [index, text] of ["a", "b", "c"].entries()) expect(await ask(text, index)).toBe(text);
    expect(process.proxy("p").entries).toBe(3);
    await process.reload(file("request = 'line'\nmax-entries = 1"));
    expect(process.proxy("p").entries).toBe(1);
    await process.reload(file("request = 'line'"));
    expect(await ask("a", 3)).toBe("a");
    expect(process.proxy("p").entries).toBe(2);
  });

  test("reads poems again, and lets a service of another kind take over a name and a port", async () => {
    const { port, file, start } = stage();
    const process = await start(file());
    await process.reload(`[transform-serve.p]\nport = ${port}\n`);
    expect((await new Visitor(port, (socket) => void socket.write("5:rot13,")).visit).end).toBe("fin");
    await process.reload(file());
    expect(process.told("startsEmpty")).toEqual([
      { reason: "it was another kind of service, transform-serve" },
    ]);
  });

  test("waits for one under way, and reads the files after it", async () => {
    const { upstream, port, file, start } = stage();
    const process = await start(file());
    const results = [file("ttl = 0"), file("tll = 0"), file("ttl = '1h'")].map((text) =>
      process.reload(text),
    );
    expect(await Promise.all(results)).toEqual([[], [], []]);
    expect(process.told("reloaded")).toHaveLength(2);
    await fetched(port, upstream.connection());
    expect(await poemAt(port)).toBe(POEM);
  });
});
