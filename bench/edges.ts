/**
 * What an answer from the cache costs where clients come by a Unix socket, or behind a proxy that names them, in processor time
 * beside the same over TCP.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import { executable, freePort, spawn, startPoetry, whenReady, type Peer } from "./peers.ts";
import { poemOf } from "./poem.ts";

const POEM_BYTES = 3072;
const AT_ONCE = 64;
const WARM_UP = 20_000;
const CONNECTIONS = 10_000;
const ROUNDS = 10;
const PLAIN = "poetry";
const ASKED = "poetry --request none, clients that say a line";
const BY_UNIX = "poetry --listen unix:PATH";
const BEHIND = "poetry --proxy-from";
const SHORT_HEADER = "PROXY TCP4 192.0.2.1 192.0.2.2 50000 43\r\n";

interface Way extends Peer {
  readonly path?: string;
}

/** Measures, prints the costs, and gives the figures. Throws if any client is not served well. */
export async function edges(): Promise<Figure[]> {
  const poem = poemOf(POEM_BYTES);
  const upstream = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data() {}, open: (socket) => void socket.end(poem) },
  });
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-edges-"));
  const ways: Way[] = [];
  try {
    const start = (...flags: string[]) =>
      startPoetry("proxy", String(upstream.port), "--ttl", "inf", ...flags);
    const plain = await start();
    ways.push(plain, { ...plain, name: ASKED, request: SHORT_HEADER, stop: async () => {} });
    ways.push({
      ...(await start("--proxy-from", "127.0.0.0/8")),
      name: BEHIND,
      request: SHORT_HEADER,
    });
    ways.push(await startByUnix(String(upstream.port), join(dir, "poetry.sock")));
    for (const way of ways) await serve(way, WARM_UP);
    const costs = new Map(ways.map(({ name }) => [name, [] as number[]]));
    for (let i = 0; i < ROUNDS; i++)
      for (const way of ways) costs.get(way.name)?.push(await serve(way, CONNECTIONS));
    printTable([
      ["CPU per answer", "median", "least", "most"],
      ...Array.from(costs, ([name, each]) => [
        name,
        ...[median(each), Math.min(...each), Math.max(...each)].map((cost) => `${round(cost)} us`),
      ]),
    ]);
    return [figure(costs, BY_UNIX, PLAIN, 1), figure(costs, BEHIND, ASKED, 1.5)];
  } finally {
    for (const way of ways) await way.stop();
    upstream.stop(true);
    await rm(dir, { recursive: true });
  }
}

/** It listens on a port as well: that is how it is known to be ready. */
async function startByUnix(upstream: string, path: string): Promise<Way> {
  const port = freePort();
  const where = ["--listen", `127.0.0.1:${port}`, "--listen", `unix:${path}`];
  const argv = [executable(), "proxy", upstream, "--ttl", "inf", "--quiet", ...where];
  return { ...(await whenReady(BY_UNIX, port, spawn(argv))), path };
}

/** Processor time per answer, in microseconds. */
async function serve(way: Way, connections: number): Promise<number> {
  const { name, port, path, request } = way;
  const before = way.cpu();
  const { whole } = await load({
    port,
    connections,
    atOnce: AT_ONCE,
    poemBytes: POEM_BYTES,
    ...(path !== undefined && { path }),
    ...(request !== undefined && { request }),
  });
  if (whole !== connections) throw new Error(`${name} served only ${whole} of ${connections} clients well`);
  return (way.cpu() - before) / connections;
}

function figure(costs: ReadonlyMap<string, number[]>, one: string, other: string, goal: number): Figure {
  const [ours = [], theirs = []] = [costs.get(one), costs.get(other)];
  const ratios = ours.map((cost, i) => cost / (theirs[i] ?? Number.NaN));
  return {
    what: `CPU per cached answer of 3 KB, ${one} / ${other}`,
    goal,
    measured: median(ratios),
    unit: "x",
  };
}

if (import.meta.main) process.exitCode = printFigures(await edges()) ? 0 : 1;
