/**
 * What an answer from the cache costs: processor time of the whole server process per answer, beside nginx, Twisted and a
 * bare C program serving the same poem, and what the log costs. Rounds are interleaved, so that whatever else runs on the
 * machine hits everyone alike.
 */
import type { Socket, TCPSocketListener } from "bun";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toNetstring } from "../src/protocols/netstring.ts";
import { toTransformRequest } from "../src/protocols/transform.ts";
import { startBareServer } from "./bare-server.ts";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import {
  executable,
  freePort,
  startNginx,
  startPoetry,
  startPoetryBy,
  startTwisted,
  whenReady,
  type Peer,
} from "./peers.ts";
import { poemOf } from "./poem.ts";
import { startRedis } from "./redis.ts";

const POEM_BYTES = 3072;
const AT_ONCE = 64;
const WARM_UP = 20_000;
/** A proxy that logs as it does by default, into a file. */
const LOGGING = "poetry without --quiet";
/** One whose numbers somebody reads, and one that notes every client. */
const WATCHED = "poetry --metrics";
const NOTING = "poetry --access-log all";
/** A proxy that has a file and shares a server. */
const STORES = "poetry with both stores";
/** A proxy whose clients ask for a poem by its title. */
const ASKED = "poetry --request line";
const REQUEST = "ecstasy\n";
/** A proxy whose requests are folded and tested by three patterns. */
const PRESET = "poetry --preset haproxy";
const SHOW = "show info\n";
/** A proxy that looks whether its clients may come in: in how many ranges, and how often. */
const GUARDED = "poetry --clients --rate";
const RANGES = 1_000;
/** A proxy that may have no memory that can be written and executed: no JIT, and no calls of libc. */
const DENIED = "poetry with MemoryDenyWriteExecute";
/** A proxy whose clients have a poem transformed. */
const TRANSFORM = "poetry transform-proxy";
/** In a round: many short ones tell more than a few long ones. */
const CONNECTIONS = 15_000;
const ROUNDS = 12;

/** Measures, prints the costs, and gives the figures. Throws if any client is not served well. */
export async function hit(): Promise<Figure[]> {
  const poem = poemOf(POEM_BYTES);
  const upstream = serving("open", poem);
  const library = serving("data", poem);
  const transformer = serving("data", toNetstring(poem));
  const peers: Peer[] = [];
  const stores = await mkdtemp(join(tmpdir(), "poetry-bench-stores-"));
  const redis = await startRedis();
  try {
    peers.push(await startPoetry("proxy", String(upstream.port), "--ttl", "inf"));
    peers.push(await startLogging(String(upstream.port)));
    const rules = ["--clients", rangesOf(RANGES), "--rate", "999999/s"];
    peers.push({
      ...(await startPoetry("proxy", String(upstream.port), "--ttl", "inf", ...rules)),
      name: GUARDED,
    });
    const ttl = ["--ttl", "inf"];
    const watched = await startPoetry(
      "proxy",
      String(upstream.port),
      ...ttl,
      "--metrics",
      String(freePort()),
    );
    peers.push({ ...watched, name: WATCHED });
    peers.push(await startLogging(String(upstream.port), NOTING, "--access-log", "all"));
    const store = ["--store", join(stores, "poetry.db"), ...(redis ? ["--shared", redis.url] : [])];
    peers.push({
      ...(await startPoetry("proxy", String(upstream.port), "--ttl", "inf", ...store)),
      name: STORES,
    });
    for (const started of [await startBareServer(poem), await startNginx(poem), await startTwisted(poem)])
      if (started) peers.push(started);
    const line = await startPoetry("proxy", String(library.port), "--ttl", "inf", "--request", "line");
    peers.push({ ...line, name: ASKED, request: REQUEST });
    const preset = await startPoetry("proxy", String(library.port), "--preset", "haproxy", "--ttl", "inf");
    peers.push({ ...preset, name: PRESET, request: SHOW });
    const transforms = await startPoetry("transform-proxy", String(transformer.port), "--ttl", "inf");
    const request = Buffer.from(toTransformRequest({ name: "cummingsify", poem })).toString();
    peers.push({ ...transforms, name: TRANSFORM, request, isNetstring: true });
    const denied = await startPoetryBy(denying(), "proxy", String(upstream.port), "--ttl", "inf");
    peers.push({ ...denied, name: DENIED });
    const costs = await measure(peers);
    printTable([
      ["CPU per answer", "median", "least", "most"],
      ...Array.from(costs, ([name, each]) => [
        name,
        ...[median(each), Math.min(...each), Math.max(...each)].map((cost) => `${round(cost)} us`),
      ]),
    ]);
    return [
      figure(costs, "poetry", "bare C", 1.3),
      figure(costs, "poetry", "nginx", 1.4),
      figure(costs, "poetry", "twisted", 0.8),
      figure(costs, LOGGING, "poetry", 1.05),
      figure(costs, GUARDED, "poetry", 1.15),
      figure(costs, WATCHED, "poetry", 1.03),
      figure(costs, NOTING, "poetry", 1.35),
      figure(costs, STORES, "poetry", 1.02),
      figure(costs, ASKED, "poetry", 1.5),
      figure(costs, PRESET, ASKED, 1.1),
      figure(costs, TRANSFORM, "poetry", 2),
      figure(costs, DENIED, "poetry", 2),
    ];
  } finally {
    for (const peer of peers) await peer.stop();
    upstream.stop(true);
    library.stop(true);
    transformer.stop(true);
    await redis?.stop();
    await rm(stores, { recursive: true });
  }
}

/** Denies it by PR_SET_MDWE, as systemd does, and where Linux has no such thing (before 6.3) by turning the JIT off. */
function denying(): string[] {
  const program = `import ctypes, os, sys
sys.exit(9) if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) else os.execvp(sys.argv[1], sys.argv[1:])`;
  const denied = ["python3", "-c", program];
  return Bun.spawnSync([...denied, "true"]).exitCode === 0 ? denied : ["env", "BUN_JSC_useJIT=0"];
}

/** So many ranges beside each other, and the one that the clients come from. */
function rangesOf(count: number): string {
  const others = Array.from({ length: count - 1 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  return [...others, "127.0.0.0/8"].join(",");
}

/** Starts `poetry proxy` with its standard error in a file. */
async function startLogging(upstream: string, name = LOGGING, ...flags: string[]): Promise<Peer> {
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-log-"));
  const port = freePort();
  const argv = [executable(), "proxy", upstream, "--ttl", "inf", "--port", String(port), ...flags];
  const child = Bun.spawn(argv, {
    stdio: ["ignore", "ignore", Bun.file(join(dir, "log"))],
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await child.exited;
    await rm(dir, { recursive: true });
  };
  return whenReady(name, port, child, stop);
}

/** A server that says `answer` to everyone: on arrival, or when they have said something. */
function serving(when: "open" | "data", answer: Uint8Array): TCPSocketListener {
  const end = (socket: Socket) => void socket.end(answer);
  return Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {}, [when]: end } });
}

/** Microseconds per answer, in every round, by peer. */
async function measure(peers: readonly Peer[]): Promise<Map<string, number[]>> {
  for (const peer of peers) await serve(peer, WARM_UP); // Until their code is compiled and their heaps have grown.
  const costs = new Map<string, number[]>(peers.map(({ name }) => [name, []]));
  for (let i = 0; i < ROUNDS; i++) {
    for (const peer of peers) costs.get(peer.name)?.push(await serve(peer, CONNECTIONS));
  }
  return costs;
}

/** Processor time per answer, in microseconds. */
async function serve(peer: Peer, connections: number): Promise<number> {
  const before = peer.cpu();
  const { whole } = await load({
    port: peer.port,
    connections,
    atOnce: AT_ONCE,
    poemBytes: POEM_BYTES,
    ...(peer.request !== undefined && { request: peer.request }),
    isNetstring: peer.isNetstring ?? false,
  });
  if (whole !== connections)
    throw new Error(`${peer.name} served only ${whole} of ${connections} clients well`);
  return (peer.cpu() - before) / connections;
}

function figure(costs: ReadonlyMap<string, number[]>, one: string, peer: string, goal: number): Figure {
  const what = `CPU per cached answer of 3 KB, ${one} / ${peer}`;
  const [ours, theirs] = [costs.get(one), costs.get(peer)];
  if (!ours || !theirs)
    return { what, goal, measured: undefined, unit: "x", note: `${peer} is not installed` };
  // Round by round: what slows one down slows its neighbour down, too.
  const ratios = ours.map((cost, i) => cost / (theirs[i] ?? Number.NaN));
  return { what, goal, measured: median(ratios), unit: "x" };
}

if (import.meta.main) process.exitCode = printFigures(await hit()) ? 0 : 1;
