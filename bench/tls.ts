/**
 * What TLS costs: processor time per answer from the cache beside nginx, each with a full handshake and an ECDSA certificate,
 * and the memory of clients that are connected and wait.
 */
import { Certificates } from "../test/support/certificates.ts";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import { startNginx, startPoetry, type Peer } from "./peers.ts";
import { poemOf } from "./poem.ts";
import { residentMemory, settled } from "./proc.ts";
import { gather } from "./silent-clients.ts";

const POEM_BYTES = 3072;
const AT_ONCE = 64;
const WARM_UP = 3000;
const CONNECTIONS = 2000;
const ROUNDS = 10;
const WAITING = 10_000;
const KB = 1000;

/** Measures, prints the costs, and gives the figures. Throws if any client is not served well. */
export async function tls(): Promise<Figure[]> {
  const pki = new Certificates();
  try {
    return [await hit(pki), await waiting(pki)];
  } finally {
    pki.remove();
  }
}

async function hit(pki: Certificates): Promise<Figure> {
  const poem = poemOf(POEM_BYTES);
  const upstream = serving(poem);
  const peers: Peer[] = [];
  try {
    peers.push(await startPoetry("proxy", String(upstream.port), "--ttl", "inf", ...pki.flags()));
    const nginx = await startNginx(poem, pki.issue("localhost"));
    if (nginx) peers.push(nginx);
    const costs = new Map(peers.map(({ name }) => [name, [] as number[]]));
    for (const peer of peers) await serve(peer, WARM_UP, pki);
    for (let i = 0; i < ROUNDS; i++)
      for (const peer of peers) costs.get(peer.name)?.push(await serve(peer, CONNECTIONS, pki));
    printTable([
      ["CPU per answer over TLS", "median", "least", "most"],
      ...Array.from(costs, ([name, each]) => [
        name,
        ...[median(each), Math.min(...each), Math.max(...each)].map((cost) => `${round(cost)} us`),
      ]),
    ]);
    const [ours, theirs] = [costs.get("poetry"), costs.get("nginx")];
    const what = "CPU per cached answer of 3 KB over TLS, poetry / nginx";
    if (!ours || !theirs)
      return { what, goal: 0.8, measured: undefined, unit: "x", note: "nginx is not installed" };
    const ratios = ours.map((cost, i) => cost / (theirs[i] ?? Number.NaN));
    return { what, goal: 0.8, measured: median(ratios), unit: "x" };
  } finally {
    for (const peer of peers) await peer.stop();
    upstream.stop(true);
  }
}

/** Clients that have agreed on keys, and wait for an upstream that hangs. */
async function waiting(pki: Certificates): Promise<Figure> {
  const upstream = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const patience = ["--first-byte-timeout", "0", "--total-timeout", "0"];
  const ca = pki.authority.certificate.text;
  const proxy = await startPoetry("proxy", String(upstream.port), "--ttl", "0", ...patience, ...pki.flags());
  try {
    await (await gather({ port: proxy.port, connections: 200, ca })).leave(); // Its own pages are loaded with them.
    const idle = await settled(() => residentMemory(proxy.pid));
    const crowd = await gather({ port: proxy.port, connections: WAITING, ca });
    try {
      const added = (await settled(() => residentMemory(proxy.pid))) - idle;
      const what = "memory per client that waits, over TLS";
      return { what, goal: 12, measured: added / WAITING / KB, unit: " kB" };
    } finally {
      await crowd.leave();
    }
  } finally {
    await proxy.stop();
    upstream.stop(true);
  }
}

function serving(answer: Uint8Array): Bun.TCPSocketListener {
  return Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data() {}, open: (socket) => void socket.end(answer) },
  });
}

/** Processor time per answer, in microseconds. */
async function serve(peer: Peer, connections: number, pki: Certificates): Promise<number> {
  const before = peer.cpu();
  const ca = pki.authority.certificate.text;
  const { whole } = await load({ port: peer.port, connections, atOnce: AT_ONCE, poemBytes: POEM_BYTES, ca });
  if (whole !== connections)
    throw new Error(`${peer.name} served only ${whole} of ${connections} clients well`);
  return (peer.cpu() - before) / connections;
}

if (import.meta.main) process.exitCode = printFigures(await tls()) ? 0 : 1;
