/**
 * How long a hit takes, from connecting to the end of the answer, while the proxy is busy: with the maximum number of
 * hanging fetches, and with releasing a crowd of waiters.
 */
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import { startPoetry, type Peer } from "./peers.ts";
import { gather } from "./silent-clients.ts";
import { SlowOrigin } from "./slow-origin.ts";
import { startVisits, type Visit, type VisitOptions } from "./visits.ts";
import { POEM_BYTES } from "./poem.ts";

const FETCHES = 64;
const WAITERS = 5000;
const LOOKED_AT_MS = 3000;
/** Long enough for all waiters to be connected. */
const DELAY_MS = 2000;
/** A release is short: it takes several to see a few hundred hits. */
const RELEASES = 10;
const GOAL_MS = 5;

/** The origin's delay, by the first letter of the key. */
const DELAYS: Readonly<Record<string, number>> = { p: 0, c: DELAY_MS, h: Infinity };

/** Measures, prints the results, and returns the figures. */
export async function latency(): Promise<Figure[]> {
  using origin = new SlowOrigin("poetry", POEM_BYTES, (key) => DELAYS[key[0] ?? ""] ?? 0);
  const flags = ["--request", "line", "--max-fetches", String(FETCHES), "--first-byte-timeout", "0"];
  const proxy = await startPoetry("proxy", String(origin.port), ...flags);
  try {
    const released = await whileReleasing(proxy, origin);
    const quiet = await whileNothingHappens(proxy);
    const hanging = await whileFetchesHang(proxy, origin);
    print({
      "nothing else to do": quiet,
      "64 fetches hang": hanging,
      "5,000 waiters are released": released.flat(),
    });
    return [figure("64 fetches hang", [hanging]), figure("5,000 waiters are released", released)];
  } finally {
    await proxy.stop();
  }
}

async function whileNothingHappens(proxy: Peer): Promise<Visit[]> {
  const visiting = await startVisits(visitors(proxy));
  await Bun.sleep(LOOKED_AT_MS);
  return visiting.end();
}

/** Hits while the maximum number of fetches, of other keys, is under way. */
async function whileFetchesHang(proxy: Peer, origin: SlowOrigin): Promise<Visit[]> {
  const keys = Array.from({ length: FETCHES }, (_, i) => `hang-${i}`);
  const waiting = await gather({ port: proxy.port, connections: FETCHES, requests: keys });
  try {
    while (!keys.every((key) => origin.hasBeenAsked(key))) await Bun.sleep(10);
    return await whileNothingHappens(proxy);
  } finally {
    await waiting.leave();
  }
}

/** For each release, the hits from the origin's answer to the end of its last waiter. */
async function whileReleasing(proxy: Peer, origin: SlowOrigin): Promise<Visit[][]> {
  const visits: Visit[][] = [];
  for (let i = 0; i < RELEASES; i++) {
    const key = `crowd-${i}`;
    const visiting = await startVisits(visitors(proxy));
    const { whole, endedAt } = await load({
      port: proxy.port,
      connections: WAITERS,
      atOnce: WAITERS,
      poemBytes: POEM_BYTES,
      request: `${key}\n`,
      yields: true, // Otherwise the visitors would wait for a CPU, not for the proxy.
    });
    if (whole !== WAITERS) throw new Error(`Only ${whole} of ${WAITERS} were served`);
    const { answeredAt } = origin.asked(key);
    const all = await visiting.end();
    visits.push(all.filter(({ began, ms }) => began + ms >= answeredAt && began <= endedAt));
  }
  return visits;
}

function visitors({ port }: Peer): VisitOptions {
  return { port, request: "poem\n", poemBytes: POEM_BYTES, atOnce: 4 };
}

function print(found: Readonly<Record<string, readonly Visit[]>>): void {
  printTable([
    ["a hit while", "hits", "median", "99 %", "longest"],
    ...Object.entries(found).map(([what, visits]) => [
      what,
      String(visits.length),
      ...[0.5, 0.99, 1].map((part) => `${round(quantile(visits, part))} ms`),
    ]),
  ]);
}

/** The median of several rounds, because something else may have had the CPU in one of them. */
function figure(what: string, rounds: readonly (readonly Visit[])[]): Figure {
  const measured = median(rounds.map((visits) => quantile(visits, 0.99)));
  return { what: `99 % of hits while ${what}`, goal: GOAL_MS, measured, unit: " ms" };
}

/** The time that this fraction of the visits did not exceed. */
function quantile(visits: readonly Visit[], part: number): number {
  const sorted = visits.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

if (import.meta.main) printFigures(await latency());
