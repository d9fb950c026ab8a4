/**
 * What an answer from the cache costs: CPU time of the whole server process per answer, compared with nginx, Twisted
 * and a bare C program serving the same poem; and what the log and other features add to it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toNetstring } from "../src/protocols/netstring.ts";
import { toTransformRequest } from "../src/protocols/transform.ts";
import { startBareServer } from "./bare-server.ts";
import { costsOf, ratioOf, serving } from "./cost.ts";
import { printFigures, type Figure } from "./figure.ts";
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
import { POEM_BYTES, poemOf } from "./poem.ts";
import { startRedis } from "./redis.ts";

const WARM_UP = 20_000;
/** A proxy with the default log, which goes to a file. */
const LOGGING = "poetry without --quiet";
/** A proxy with metrics, and one with an access log of all clients. */
const WATCHED = "poetry --metrics";
const NOTING = "poetry --access-log all";
/** A proxy with a file and a shared server as second levels. */
const STORES = "poetry with both stores";
/** A proxy whose clients request a poem by its title. */
const ASKED = "poetry --request line";
const REQUEST = "ecstasy\n";
/** A proxy whose requests are folded and tested by three patterns. */
const PRESET = "poetry --preset haproxy";
const SHOW = "show info\n";
/** A proxy that checks the address of its clients, against this many ranges, and their rate. */
const GUARDED = "poetry --clients --rate";
const RANGES = 1_000;
/** A proxy that is denied memory which is both writable and executable: it has no JIT and cannot call libc. */
const DENIED = "poetry with MemoryDenyWriteExecute";
/** A proxy of transformations. */
const TRANSFORM = "poetry transform-proxy";
/** Per round: many short rounds tell more than a few long ones. */
const CONNECTIONS = 15_000;
const ROUNDS = 12;

/** Measures, prints the costs, and returns the figures. Throws if any client does not get the whole poem. */
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
    const costs = await costsOf(peers, {
      title: "CPU per answer",
      warmUp: WARM_UP,
      connections: CONNECTIONS,
      rounds: ROUNDS,
    });
    return [
      ratioOf(costs, "poetry", "bare C", 1.3),
      ratioOf(costs, "poetry", "nginx", 1.4),
      ratioOf(costs, "poetry", "twisted", 0.8),
      ratioOf(costs, LOGGING, "poetry", 1.05),
      ratioOf(costs, GUARDED, "poetry", 1.15),
      ratioOf(costs, WATCHED, "poetry", 1.03),
      ratioOf(costs, NOTING, "poetry", 1.35),
      ratioOf(costs, STORES, "poetry", 1.02),
      ratioOf(costs, ASKED, "poetry", 1.5),
      ratioOf(costs, PRESET, ASKED, 1.1),
      ratioOf(costs, TRANSFORM, "poetry", 2),
      ratioOf(costs, DENIED, "poetry", 2),
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

/** The command that denies it: by PR_SET_MDWE, as systemd does or, before Linux 6.3, by turning off the JIT. */
function denying(): string[] {
  const program = `import ctypes, os, sys
sys.exit(9) if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) else os.execvp(sys.argv[1], sys.argv[1:])`;
  const denied = ["python3", "-c", program];
  return Bun.spawnSync([...denied, "true"]).exitCode === 0 ? denied : ["env", "BUN_JSC_useJIT=0"];
}

/** That many ranges, including the one of the clients. */
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

if (import.meta.main) process.exitCode = printFigures(await hit()) ? 0 : 1;
