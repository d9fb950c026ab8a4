/**
 * What TLS costs: processor time per answer from the cache beside nginx, each with a full handshake and an ECDSA
 * certificate, and the memory of clients that are connected and wait.
 */
import { Certificates } from "../test/support/certificates.ts";
import { costsOf, ratioOf, serving } from "./cost.ts";
import { printFigures, type Figure } from "./figure.ts";
import { startNginx, startPoetry, type Peer } from "./peers.ts";
import { POEM_BYTES, poemOf } from "./poem.ts";
import { residentMemory, settled } from "./proc.ts";
import { gather } from "./silent-clients.ts";

const WARM_UP = 3000;
const CONNECTIONS = 2000;
const ROUNDS = 10;
const WAITING = 10_000;
const KB = 1000;

/** Measures, prints the costs, and returns the figures. Throws if any client does not get the whole poem. */
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
  const upstream = serving("open", poem);
  const peers: Peer[] = [];
  try {
    peers.push(await startPoetry("proxy", String(upstream.port), "--ttl", "inf", ...pki.flags()));
    const nginx = await startNginx(poem, pki.issue("localhost"));
    if (nginx) peers.push(nginx);
    const costs = await costsOf(peers, {
      title: "CPU per answer over TLS",
      warmUp: WARM_UP,
      connections: CONNECTIONS,
      rounds: ROUNDS,
      ca: pki.authority.certificate.text,
    });
    return ratioOf(costs, "poetry", "nginx", 0.8, " over TLS");
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

if (import.meta.main) process.exitCode = printFigures(await tls()) ? 0 : 1;
