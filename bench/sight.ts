/**
 * What monitoring and control cost clients: a purge of a million entries, a scrape of 50 services, and ten scrapes a
 * second.
 */
import { gcAndSweep } from "bun:jsc";
import { HttpServer } from "../src/admin/server.ts";
import { watchRoutes } from "../src/admin/watch/routes.ts";
import { Cache } from "../src/cache/cache.ts";
import type { Loaded } from "../src/cache/load.ts";
import { succeed } from "../src/deferred/mod.ts";
import { createLog } from "../src/observe/log.ts";
import { History } from "../src/observe/numbers/history.ts";
import { Tally } from "../src/observe/numbers/tally.ts";
import type { Vitals } from "../src/observe/numbers/watched.ts";
import { observerOf } from "../src/observe/observer-of.ts";
import { PROXY_DEFAULTS } from "../src/services/proxy/options.ts";
import { Proxy } from "../src/services/proxy/proxy.ts";
import { systemClock as clock } from "../src/time/clock.ts";
import { portOf } from "../test/support/port-of.ts";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { LoopProbe } from "./loop-probe.ts";
import { freePort, startPoetry } from "./peers.ts";
import { SlowOrigin } from "./slow-origin.ts";
import { startVisits } from "./visits.ts";
import { POEM_BYTES } from "./poem.ts";

const ENTRIES = 1_000_000;
const STORED_A_TURN = 100;
const SERVICES = 50;
const SCRAPES = 20;
/** With scrapers and without, in turn: whatever else runs on the machine affects both alike. */
const ROUNDS = 7;
const ROUND_MS = 2000;
const SCRAPE_EVERY_MS = 100;

/** Measures, and returns the figures. */
export async function sight(): Promise<Figure[]> {
  return [...(await purges()), await scrapes(), await whileScraped()];
}

/** Purges of a million entries, while the event loop is watched. The garbage that storing them leaves is collected before. */
async function purges(): Promise<Figure[]> {
  const options = { clock, maxBytes: Infinity, maxEntries: Infinity, weigh: () => 100 };
  const cache = new Cache<undefined, Loaded>(options, () => succeed(loaded()));
  const fill = async () => {
    for (let i = 0; i < ENTRIES; i++) {
      cache.get(`poem ${i}`, undefined);
      if (i % STORED_A_TURN === 0) await new Promise(setImmediate);
    }
    if (cache.entries !== ENTRIES) throw new Error(`The cache has ${cache.entries} entries`);
  };
  const figures = [await longestTurn("a million entries are stored", undefined, fill)];
  for (const { what, matches, count } of PURGES) {
    await cache.purge();
    await fill();
    gcAndSweep();
    const purge = async () => {
      const { entries } = await cache.purgeMatching(matches);
      if (entries !== count) throw new Error(`${entries} entries were purged instead of ${count}`);
    };
    figures.push(await longestTurn(`purge of a million entries: ${what}`, 10, purge));
  }
  return figures;
}

const PURGES = [
  { what: "all", matches: () => true, count: ENTRIES },
  { what: "a pattern that all match", matches: (key: string) => /^poem \d+$/.test(key), count: ENTRIES },
  { what: "a pattern that half match", matches: (key: string) => /[02468]$/.test(key), count: ENTRIES / 2 },
  { what: "a pattern that none matches", matches: (key: string) => key.endsWith("x"), count: 0 },
];

function loaded(): Loaded {
  return { lifetime: { ttl: Infinity, grace: 0 }, age: 0, number: 1 };
}

async function longestTurn(
  what: string,
  goal: number | undefined,
  work: () => Promise<void>,
): Promise<Figure> {
  const probe = new LoopProbe();
  await work();
  const { elapsed, cpu } = probe.stop();
  const measured = Math.min(elapsed, cpu); // Whatever else runs here is no stall of ours.
  return { what: `${what}: longest turn of the event loop`, goal, measured, unit: " ms" };
}

const VITALS: Vitals = {
  version: "0",
  revision: "0",
  bun: Bun.version,
  startedAt: 0,
  cpuSeconds: 0,
  residentBytes: 0,
  loopLag: 0,
  logLinesDropped: 0,
  phase: "serving",
};

/** Scrapes of many proxies by another process. */
async function scrapes(): Promise<Figure> {
  const log = createLog({ format: "text", quiet: true, verbose: false, stream: { write: () => true } });
  const services = Array.from({ length: SERVICES }, (_, i) => {
    const tally = new Tally();
    const upstreams = [9, 10].map((port) => ({ host: "127.0.0.1", port }));
    const proxy = new Proxy({
      ...PROXY_DEFAULTS,
      listen: { address: { host: "127.0.0.1", port: 0 } },
      fetch: { ...PROXY_DEFAULTS.fetch, upstreams },
      clock,
      observer: observerOf(log, { tally }),
    });
    return { name: `service-${i}`, tally, figures: () => proxy.figures() };
  });
  const history = new History(() => services, clock);
  const server = new HttpServer({
    address: { host: "127.0.0.1", port: 0 },
    clock,
    routes: watchRoutes({ clock, history, sight: () => ({ services, stores: [], vitals: VITALS }) }),
    guard: () => {},
    maxClients: 16,
    failed: (error) => {
      throw error;
    },
  });
  const url = `http://127.0.0.1:${portOf(server.address)}/metrics`;
  let bytes = 0;
  let blocked = 0;
  for (let i = 0; i <= SCRAPES; i++) {
    const probe = new LoopProbe();
    const curl = Bun.spawn(["curl", "-sS", url], { stdio: ["ignore", "pipe", "inherit"] });
    bytes = (await curl.stdout.bytes()).length;
    const { elapsed, cpu } = probe.stop();
    if (i > 0) blocked = Math.max(blocked, Math.min(elapsed, cpu)); // The first one compiles it.
  }
  server.abort();
  history.stop();
  const what = `scrape of ${SERVICES} services, the longest of ${SCRAPES}: longest turn of the event loop`;
  return { what, goal: 10, measured: blocked, unit: " ms", note: `${round(bytes / 1e6)} MB each` };
}

/** What ten scrapes a second add to the latency of hits (99th percentile). */
async function whileScraped(): Promise<Figure> {
  using origin = new SlowOrigin("poetry", POEM_BYTES, () => 0);
  const metrics = freePort();
  const flags = ["--request", "line", "--ttl", "inf", "--metrics", String(metrics)];
  const proxy = await startPoetry("proxy", String(origin.port), ...flags);
  const slowest = { alone: [] as number[], scraped: [] as number[] };
  try {
    for (let i = 0; i <= ROUNDS; i++) {
      for (const how of ["alone", "scraped"] as const) {
        const scraping = how === "scraped" && setInterval(() => void scrape(metrics), SCRAPE_EVERY_MS);
        const options = { port: proxy.port, request: "poem\n", poemBytes: POEM_BYTES, atOnce: 4 };
        const visiting = await startVisits(options);
        await Bun.sleep(ROUND_MS);
        if (scraping) clearInterval(scraping);
        const times = (await visiting.end()).map(({ ms }) => ms).toSorted((a, b) => a - b);
        if (i > 0) slowest[how].push(times[Math.floor(times.length * 0.99)] ?? Number.NaN); // The first warms up.
      }
    }
  } finally {
    await proxy.stop();
  }
  printTable([
    ["99 % of hits, in each round", ...slowest.alone.map((_, i) => `${i + 1}`)],
    ...Object.entries(slowest).map(([how, times]) => [how, ...times.map((ms) => `${round(ms)} ms`)]),
  ]);
  const differences = slowest.scraped.map((ms, i) => ms - (slowest.alone[i] ?? Number.NaN));
  return {
    what: "10 scrapes a second add to 99 % of hits",
    goal: 1,
    measured: median(differences),
    unit: " ms",
  };
}

async function scrape(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  await response.text();
}

if (import.meta.main) process.exitCode = printFigures(await sight()) ? 0 : 1;
