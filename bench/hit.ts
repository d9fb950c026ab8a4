/**
 * What an answer from the cache costs: processor time of the whole server process per answer, beside nginx and Twisted
 * serving the same poem, and beside a transformation of that poem from the cache of a transform-proxy. Rounds are interleaved, so that whatever else runs on the machine hits everyone alike.
 */
import type { Socket } from "bun";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import { startNginx, startPoetry, startTwisted, type Peer } from "./peers.ts";
import { toNetstring } from "../src/protocols/netstring.ts";
import { poemOf } from "./poem.ts";

const POEM_BYTES = 3072;
const AT_ONCE = 64;
const WARM_UP = 20_000;
/** In a round: many short ones tell more than a few long ones. */
const CONNECTIONS = 15_000;
const ROUNDS = 12;
const TRANSFORM = "transform-proxy";

/** Measures, prints the costs, and gives the figures. Throws if any client is not served well. */
export async function hit(): Promise<Figure[]> {
  const poem = poemOf(POEM_BYTES);
  const upstream = serving("open", poem);
  const transformer = serving("data", toNetstring(poem));
  const peers: Peer[] = [await startPoetry("proxy", String(upstream.port), "--ttl", "inf")];
  try {
    const transforms = await startPoetry("transform-proxy", String(transformer.port), "--ttl", "inf");
    peers.push({ ...transforms, name: TRANSFORM });
    for (const started of [await startNginx(poem), await startTwisted(poem)])
      if (started) peers.push(started);
    const costs = await measure(peers);
    printTable([
      ["CPU per answer", "median", "least", "most"],
      ...Array.from(costs, ([name, each]) => [
        name,
        ...[median(each), Math.min(...each), Math.max(...each)].map((cost) => `${round(cost)} us`),
      ]),
    ]);
    return [
      figure("CPU per cached answer of 3 KB, poetry / nginx", costs, "poetry", "nginx", 1.4),
      figure("CPU per cached answer of 3 KB, poetry / twisted", costs, "poetry", "twisted", 0.8),
      figure("CPU per cached transformation / cached answer, of 3 KB", costs, TRANSFORM, "poetry", 2),
    ];
  } finally {
    for (const peer of peers) await peer.stop();
    upstream.stop(true);
    transformer.stop(true);
  }
}

/** A server that says `answer` to everyone, on arrival or when they have said something. */
function serving(when: "open" | "data", answer: Uint8Array) {
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
    ...(peer.name === TRANSFORM && { transformation: "cummingsify" }),
  });
  if (whole !== connections)
    throw new Error(`${peer.name} served only ${whole} of ${connections} clients well`);
  return (peer.cpu() - before) / connections;
}

/** How many times as much `mine` costs as `other`. */
function figure(
  what: string,
  costs: ReadonlyMap<string, number[]>,
  mine: string,
  other: string,
  goal: number,
): Figure {
  const [ours, theirs] = [costs.get(mine), costs.get(other)];
  if (!ours || !theirs)
    return { what, goal, measured: undefined, unit: "x", note: `${other} is not installed` };
  // Round by round: what slows one down slows its neighbour down, too.
  const ratios = ours.map((cost, i) => cost / (theirs[i] ?? Number.NaN));
  return { what, goal, measured: median(ratios), unit: "x" };
}

if (import.meta.main) printFigures(await hit());
