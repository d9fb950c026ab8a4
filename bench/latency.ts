/**
 * How long a hit takes, from connecting to the end of the answer, while the proxy has other things on its mind: fetches
 * that hang, as many as may, and a crowd of waiters that is released.
 */
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import { startPoetry, type Peer } from "./peers.ts";
import { gather } from "./silent-clients.ts";
import { SlowOrigin } from "./slow-origin.ts";
import { startVisits, type Visit, type VisitOptions } from "./visits.ts";

const FETCHES = 64;
const WAITERS = 5000;
const POEM_BYTES = 3072;
const LOOKED_AT_MS = 3000;
/** Long enough for all waiters to be there. */
const DELAY_MS = 2000;
/** A release is short: it takes several to see some hundred hits. */
const RELEASES = 10;
const GOAL_MS = 5;

/** How long the origin takes, by the first letter of the key. */
const DELAYS: Readonly<Record<string, number>> = { p: 0, c: DELAY_MS, h: Infinity };

/** Measures, prints what was found, and gives the figures. */
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

/** Hits while as many fetches, of other keys, are under way as may be. */
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

/** Hits from the origin's answer to the end of the last of those who waited for it; for each release. */
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
      yields: true, // Else the visitors wait for a processor, not for the proxy.
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

/** The usual one of several rounds: in one of them something else may have had the processor. */
function figure(what: string, rounds: readonly (readonly Visit[])[]): Figure {
  const measured = median(rounds.map((visits) => quantile(visits, 0.99)));
  return { what: `99 % of hits while ${what}`, goal: GOAL_MS, measured, unit: " ms" };
}

/** That part of the visits took no longer. */
function quantile(visits: readonly Visit[], part: number): number {
  const sorted = visits.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

if (import.meta.main) printFigures(await latency());
