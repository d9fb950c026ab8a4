/**
 * The costs and benefits of second levels: a start with 100,000 answers on disk, the first requests after it, and nodes
 * with thousands of clients that share one fetch.
 */
import { Database } from "bun:sqlite";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toEntryBytes } from "../src/stores/entry-bytes.ts";
import { SqliteFile } from "../src/stores/sqlite/sqlite-file.ts";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import { executable, freePort, startPoetry, type Peer } from "./peers.ts";
import { POEM_BYTES, poemOf } from "./poem.ts";
import { startRedis } from "./redis.ts";

const HOST = "127.0.0.1";
const ENTRIES = 100_000;
const REQUESTS = 1000;
const STARTS = 15;
const LONG_AGO_MS = 3_600_000;
/** Clients of each node. */
const CLIENTS = Number(process.env.CLIENTS ?? 2000);
/** How long the origin takes: long enough for all clients to wait. */
const ORIGIN_MS = 4000;

/**
 * Measures, prints the times, and returns the figures.
 *
 * @param only `restart` or `nodes`; absent: both
 */
export async function stores(only?: string): Promise<Figure[]> {
  return [...(only === "nodes" ? [] : await restart()), ...(only === "restart" ? [] : await nodes())];
}

/** How much longer a start takes with a full file, and how fast the first answers from it are. */
async function restart(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-store-"));
  try {
    const [full, empty] = [join(dir, "full.db"), join(dir, "empty.db")];
    const upstream = String(freePort()); // Nothing listens there: answers come from the file.
    await fill(full, upstream);
    const times = { full: [] as number[], empty: [] as number[] };
    for (let i = 0; i < STARTS; i++) {
      await rm(empty, { force: true });
      times.empty.push(await timeToStart(upstream, empty));
      times.full.push(await timeToStart(upstream, full));
    }
    const [fromDisk, fromMemory] = await firstRequests(upstream, full);
    printTable([
      ["restart", "median"],
      ["with an empty file", `${round(median(times.empty))} ms`],
      [`with ${ENTRIES} answers`, `${round(median(times.full))} ms`],
      [`the first ${REQUESTS} answers, p50`, `${round(median(fromDisk))} ms`],
      [`the first ${REQUESTS} answers, p99`, `${round(p99Of(fromDisk))} ms`],
      ["the same once more, from memory, p99", `${round(p99Of(fromMemory))} ms`],
    ]);
    const slower = median(times.full) / median(times.empty);
    return [
      { what: "start with 100,000 answers on disk / with none", goal: 1.3, measured: slower, unit: "x" },
      { what: "the first 1,000 answers from disk, p99", goal: 5, measured: p99Of(fromDisk), unit: " ms" },
    ];
  } finally {
    await rm(dir, { recursive: true });
  }
}

const PROXY = ["--request", "line", "--ttl", "inf"];

/** Fills a file with answers, as a proxy would have. */
async function fill(path: string, upstream: string): Promise<void> {
  const { port, stop } = await running(upstream, path);
  await request(port, "anything"); // After one request, the file has the label of the service.
  await stop();
  const database = new Database(path);
  const { label } = database.query("SELECT label FROM services").get() as { label: string };
  database.close();
  const file = new SqliteFile(path, 2 ** 32);
  const bytes = poemOf(POEM_BYTES);
  const lastUsed = Date.now() - LONG_AGO_MS; // Long ago, so that a new use is written.
  for (let i = 0; i < ENTRIES; i++) {
    const key = `poem ${i}`;
    const hash = new Bun.CryptoHasher("sha256").update(key).digest().subarray(0, 16);
    const lifetime = { ttl: Infinity, grace: 0, staleIfError: 0 };
    const value = toEntryBytes({ key, bytes, lifetime, number: i + 1, storedAt: Date.now() });
    file.put({ service: label, hash, key, number: i + 1, until: Infinity, value }, lastUsed);
    if (i % 1000 === 0) file.commit();
  }
  file.checkpoint();
  file.close();
}

async function running(upstream: string, path: string) {
  const argv = [
    executable(),
    "proxy",
    upstream,
    ...PROXY,
    "--store",
    path,
    "--store-size",
    "4GiB",
    "--port",
    "0",
  ];
  const began = performance.now();
  const child = Bun.spawn(argv, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  let port = 0;
  for await (const chunk of child.stderr) {
    said += Buffer.from(chunk).toString();
    port = Number(/Proxying .* on [^ ]*:(\d+)\./.exec(said)?.[1] ?? 0);
    if (port > 0) break;
  }
  const ms = performance.now() - began;
  const stop = async () => {
    child.kill("SIGTERM");
    await child.exited;
  };
  return { port, ms, stop };
}

/** Milliseconds until it listens. */
async function timeToStart(upstream: string, path: string): Promise<number> {
  const { ms, stop } = await running(upstream, path);
  await stop();
  return ms;
}

/** Milliseconds of each of the first requests, for different answers, and of the same requests repeated. */
async function firstRequests(upstream: string, path: string): Promise<[number[], number[]]> {
  const { port, stop } = await running(upstream, path);
  try {
    return [await latencies(port), await latencies(port)];
  } finally {
    await stop();
  }
}

async function latencies(port: number): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    const began = performance.now();
    const length = await request(port, `poem ${i * 97}`);
    if (length !== POEM_BYTES) throw new Error(`poem ${i * 97} has ${length} bytes`);
    all.push(performance.now() - began);
  }
  return all;
}

function p99Of(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length * 0.99)] ?? Number.NaN;
}

/** Sends a request; returns the length of the answer. */
function request(port: number, text: string): Promise<number> {
  return new Promise((resolve) => {
    let length = 0;
    Bun.connect({
      hostname: HOST,
      port,
      socket: {
        open: (socket) => void socket.write(`${text}\n`),
        data: (_socket, bytes) => void (length += bytes.length),
        close: () => resolve(length),
      },
    }).catch(() => resolve(-1));
  });
}

interface Stampede {
  readonly nodes: number;
  readonly share: boolean;
  readonly clients: number;
  readonly fetches: number;
  readonly unserved: number;
  /** From the origin's answer to the end of the last client, in milliseconds. */
  readonly lastServedAfter: number;
}

/**
 * One fetch for two and four nodes with thousands of clients each. They all run on this machine, so they are compared
 * with one node that has as many clients as they have together, which is as much work, and with as many nodes that do
 * not share.
 */
async function nodes(): Promise<Figure[]> {
  const redis = await startRedis();
  if (!redis) {
    const what = "fetches of four nodes that share";
    return [{ what, goal: 1, measured: undefined, unit: "", note: "redis-server is not installed" }];
  }
  try {
    const rounds: { readonly alone: Stampede; readonly apart: Stampede; readonly together: Stampede }[] = [];
    for (const count of [2, 4])
      rounds.push({
        alone: await stampede(1, count, redis.url),
        apart: await stampede(count, count),
        together: await stampede(count, count, redis.url),
      });
    const runs = rounds.flatMap(({ alone, apart, together }) => [alone, apart, together]);
    printTable([
      ["nodes", "clients", "share", "fetches", "not served", "last served after"],
      ...runs.map((each) => [
        String(each.nodes),
        String(each.clients),
        each.share ? "yes" : "no",
        String(each.fetches),
        String(each.unserved),
        `${round(each.lastServedAfter)} ms`,
      ]),
    ]);
    const worst = (pick: (run: Stampede) => number) =>
      Math.max(...runs.filter(({ share }) => share).map(pick));
    return [
      {
        what: "fetches of up to four nodes that share",
        goal: 1,
        measured: worst((each) => each.fetches),
        unit: "",
      },
      {
        what: "clients of those nodes not served",
        goal: 0,
        measured: worst((each) => each.unserved),
        unit: "",
      },
      ...rounds.flatMap(({ alone, apart, together }) => [
        ratioOf("one with as many clients", together, alone, 1.5),
        ratioOf("as many that do not share", together, apart, undefined),
      ]),
    ];
  } finally {
    await redis.stop();
  }
}

function ratioOf(than: string, together: Stampede, other: Stampede, goal: number | undefined): Figure {
  return {
    what: `last of ${together.nodes} nodes served, less 150 ms / ${than}`,
    goal,
    measured: (together.lastServedAfter - 150) / other.lastServedAfter,
    unit: "x",
  };
}

/**
 * @param loads the number of processes with `CLIENTS` clients each, spread over the nodes
 * @param url the server through which they share; absent: they do not
 */
async function stampede(count: number, loads: number, url?: string): Promise<Stampede> {
  const poem = poemOf(POEM_BYTES);
  let fetches = 0;
  let answeredAt = 0;
  const origin = Bun.listen({
    hostname: HOST,
    port: 0,
    socket: {
      open(socket) {
        fetches++;
        setTimeout(() => {
          socket.end(poem);
          answeredAt = performance.timeOrigin + performance.now();
        }, ORIGIN_MS);
      },
      data() {},
    },
  });
  const peers: Peer[] = [];
  try {
    const sharing = url === undefined ? [] : ["--shared", url, "--shared-timeout", "2s"];
    const args = [String(origin.port), "--ttl", "1h", ...sharing];
    for (let i = 0; i < count; i++) peers.push(await startPoetry("proxy", ...args));
    const asking = Array.from({ length: loads }, (_, i) => {
      const { port } = peers[i % count] as Peer;
      return load({ port, connections: CLIENTS, atOnce: CLIENTS, poemBytes: POEM_BYTES });
    });
    const reports = await Promise.all(asking);
    return {
      nodes: count,
      share: url !== undefined,
      clients: loads * CLIENTS,
      fetches,
      unserved: loads * CLIENTS - reports.reduce((sum, { whole }) => sum + whole, 0),
      lastServedAfter: Math.max(...reports.map(({ endedAt }) => endedAt)) - answeredAt,
    };
  } finally {
    for (const peer of peers) await peer.stop();
    origin.stop(true);
  }
}

if (import.meta.main) process.exitCode = printFigures(await stores(process.argv[2])) ? 0 : 1;
