import type { Socket, TCPSocketListener } from "bun";
import { median, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import type { Peer } from "./peers.ts";
import { POEM_BYTES } from "./poem.ts";

const AT_ONCE = 64;

/** CPU time per answer in microseconds, in every round, by the name of the peer. */
export type Costs = ReadonlyMap<string, readonly number[]>;

export interface CostOptions {
  /** The heading of the table. */
  readonly title: string;
  /** Answers before the first round, so that code is compiled and heaps have grown. */
  readonly warmUp: number;
  /** Answers per round. */
  readonly connections: number;
  readonly rounds: number;
  /** The authority that clients trust, in PEM; absent: no TLS. */
  readonly ca?: string;
}

/**
 * Measures what answers cost each peer, and prints the costs. Rounds are interleaved, so that whatever else runs on the
 * machine affects all peers alike. Throws if any client does not get the whole poem.
 */
export async function costsOf(peers: readonly Peer[], options: CostOptions): Promise<Costs> {
  const { title, warmUp, connections, rounds, ca } = options;
  for (const peer of peers) await serve(peer, warmUp, ca);
  const costs = new Map<string, number[]>(peers.map(({ name }) => [name, []]));
  for (let i = 0; i < rounds; i++)
    for (const peer of peers) costs.get(peer.name)?.push(await serve(peer, connections, ca));
  printTable([
    [title, "median", "least", "most"],
    ...Array.from(costs, ([name, each]) => [
      name,
      ...[median(each), Math.min(...each), Math.max(...each)].map((cost) => `${round(cost)} us`),
    ]),
  ]);
  return costs;
}

/**
 * What `one` costs compared with `other`: the median of the rounds, because whatever slows one down slows its neighbour
 * down.
 */
export function ratioOf(costs: Costs, one: string, other: string, goal: number, how = ""): Figure {
  const what = `CPU per cached answer of 3 KB${how}, ${one} / ${other}`;
  const [ours, theirs] = [costs.get(one), costs.get(other)];
  if (!ours || !theirs)
    return { what, goal, measured: undefined, unit: "x", note: `${other} is not installed` };
  const ratios = ours.map((cost, i) => cost / (theirs[i] ?? Number.NaN));
  return { what, goal, measured: median(ratios), unit: "x" };
}

/** Starts a server that sends `answer` to every client: on arrival, or after its request. */
export function serving(when: "open" | "data", answer: Uint8Array): TCPSocketListener {
  const end = (socket: Socket) => void socket.end(answer);
  return Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {}, [when]: end } });
}

/** CPU time per answer, in microseconds. */
async function serve(peer: Peer, connections: number, ca: string | undefined): Promise<number> {
  const { name, port, path, request, isNetstring = false } = peer;
  const before = peer.cpu();
  const { whole } = await load({
    port,
    connections,
    atOnce: AT_ONCE,
    poemBytes: POEM_BYTES,
    isNetstring,
    ...(path !== undefined && { path }),
    ...(request !== undefined && { request }),
    ...(ca !== undefined && { ca }),
  });
  if (whole !== connections) throw new Error(`${name} served only ${whole} of ${connections} clients well`);
  return (peer.cpu() - before) / connections;
}
