/**
 * The CPU time of an answer from the cache for clients of a Unix socket, and for clients behind a proxy that names
 * them, compared with clients over TCP.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { costsOf, ratioOf, serving } from "./cost.ts";
import { printFigures, type Figure } from "./figure.ts";
import { executable, freePort, spawn, startPoetry, whenReady, type Peer } from "./peers.ts";
import { POEM_BYTES, poemOf } from "./poem.ts";

const WARM_UP = 20_000;
const CONNECTIONS = 10_000;
const ROUNDS = 10;
const PLAIN = "poetry";
const ASKED = "poetry --request none, clients that say a line";
const BY_UNIX = "poetry --listen unix:PATH";
const BEHIND = "poetry --proxy-from";
const SHORT_HEADER = "PROXY TCP4 192.0.2.1 192.0.2.2 50000 43\r\n";

/** Measures, prints the costs, and returns the figures. Throws if any client does not get the whole poem. */
export async function edges(): Promise<Figure[]> {
  const upstream = serving("open", poemOf(POEM_BYTES));
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-edges-"));
  const ways: Peer[] = [];
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
    const costs = await costsOf(ways, {
      title: "CPU per answer",
      warmUp: WARM_UP,
      connections: CONNECTIONS,
      rounds: ROUNDS,
    });
    return [ratioOf(costs, BY_UNIX, PLAIN, 1), ratioOf(costs, BEHIND, ASKED, 1.5)];
  } finally {
    for (const way of ways) await way.stop();
    upstream.stop(true);
    await rm(dir, { recursive: true });
  }
}

/** It listens on a port as well, which shows when it is ready. */
async function startByUnix(upstream: string, path: string): Promise<Peer> {
  const port = freePort();
  const where = ["--listen", `127.0.0.1:${port}`, "--listen", `unix:${path}`];
  const argv = [executable(), "proxy", upstream, "--ttl", "inf", "--quiet", ...where];
  return { ...(await whenReady(BY_UNIX, port, spawn(argv))), path };
}

if (import.meta.main) process.exitCode = printFigures(await edges()) ? 0 : 1;
