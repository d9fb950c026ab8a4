/**
 * A stampede on poetry, nginx and Varnish: 2,000 clients at once, a cold cache and the same slow origin. How many
 * connections the origin sees, and how long after its last byte the last client has been served. Rounds are
 * interleaved.
 */
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { startNginxCache, startVarnish } from "./http-caches.ts";
import { load } from "./load.ts";
import { startPoetry, type Peer } from "./peers.ts";
import { SlowOrigin, type Language } from "./slow-origin.ts";
import { POEM_BYTES } from "./poem.ts";

const CLIENTS = 2000;
/** Long enough for all clients to be connected, whichever server accepts them. */
const DELAY_MS = 1500;
/** How much longer each round's delay is: nginx polls for an answer twice a second, and must not just be lucky. */
const LONGER_MS = 70;
const ROUNDS = 7;
/** How many times sooner poetry should have served the last client. */
const AHEAD = 2;

/** A cache, the language it speaks, and the results of its rounds. */
interface Contender {
  readonly peer: Peer;
  readonly language: Language;
  readonly rounds: Round[];
}

interface Round {
  readonly upstreamConnections: number;
  /** Clients that got the whole poem and a clean end. */
  readonly whole: number;
  /** From the origin's last byte to the end of the last client, in milliseconds. */
  readonly lastServedAfter: number;
}

/** Measures, prints what each did, and returns the figures. */
export async function coalescing(): Promise<Figure[]> {
  using poetryOrigin = new SlowOrigin("poetry", POEM_BYTES, delayOf);
  using httpOrigin = new SlowOrigin("http", POEM_BYTES, delayOf);
  const contenders: Contender[] = [];
  const enter = (peer: Peer | undefined, language: Language) => {
    if (peer) contenders.push({ peer, language, rounds: [] });
  };
  try {
    enter(await startPoetry("proxy", String(poetryOrigin.port), "--request", "line"), "poetry");
    enter(await startNginxCache(httpOrigin.port), "http");
    enter(await startVarnish(httpOrigin.port), "http");
    for (let i = 0; i < ROUNDS; i++) {
      for (const { peer, language, rounds } of contenders)
        rounds.push(await stampede(peer, language === "http" ? httpOrigin : poetryOrigin, language, i));
    }
  } finally {
    for (const { peer } of contenders) await peer.stop();
  }
  print(contenders);
  return figures(contenders);
}

/** All clients at once, with a request that `peer` has not seen before. */
async function stampede(peer: Peer, origin: SlowOrigin, language: Language, number: number): Promise<Round> {
  const key = `${peer.name}-${number}`;
  const { whole, endedAt } = await load({
    port: peer.port,
    connections: CLIENTS,
    atOnce: CLIENTS,
    poemBytes: POEM_BYTES,
    request: requestFor(key, language),
    http: language === "http",
    rehearse: requestFor("rehearsal", language), // Cached after the first round.
  });
  const { connections, answeredAt } = origin.asked(key);
  return { upstreamConnections: connections, whole, lastServedAfter: endedAt - answeredAt };
}

/** Depends on the number of the round, at the end of the key. */
function delayOf(key: string): number {
  const [, number = "0"] = /-(\d+)$/.exec(key) ?? [];
  return DELAY_MS + Number(number) * LONGER_MS;
}

function requestFor(key: string, language: Language): string {
  return language === "http"
    ? `GET /${key} HTTP/1.1\r\nHost: poems\r\nConnection: close\r\n\r\n`
    : `${key}\r\n`;
}

function print(contenders: readonly Contender[]): void {
  printTable([
    ["2,000 clients at once", "upstream connections", "whole answers", "last served after", "least", "most"],
    ...contenders.map(({ peer, rounds }) => {
      const after = rounds.map((each) => each.lastServedAfter);
      return [
        peer.name,
        rounds.map((each) => each.upstreamConnections).join(" "),
        String(Math.min(...rounds.map((each) => each.whole))),
        ...[median(after), Math.min(...after), Math.max(...after)].map((ms) => `${round(ms)} ms`),
      ];
    }),
  ]);
}

function figures(contenders: readonly Contender[]): Figure[] {
  const roundsOf = (name: string) => contenders.find(({ peer }) => peer.name === name)?.rounds;
  const ours = roundsOf("poetry") ?? [];
  const connections = Math.max(...ours.map((each) => each.upstreamConnections));
  const notWhole = Math.max(...ours.map((each) => CLIENTS - each.whole));
  return [
    { what: "upstream connections for 2,000 clients", goal: 1, measured: connections, unit: "" },
    { what: "clients of 2,000 not served whole", goal: 0, measured: notWhole, unit: "" },
    ...["nginx", "varnish"].map((name) => {
      const what = `last of 2,000 served, poetry / ${name}`;
      const theirs = roundsOf(name);
      if (!theirs)
        return { what, goal: 1 / AHEAD, measured: undefined, unit: "x", note: `${name} is not installed` };
      const ratios = ours.map((each, i) => each.lastServedAfter / (theirs[i]?.lastServedAfter ?? Number.NaN));
      return { what, goal: 1 / AHEAD, measured: median(ratios), unit: "x" };
    }),
  ];
}

if (import.meta.main) printFigures(await coalescing());
