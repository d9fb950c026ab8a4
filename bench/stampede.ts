/**
 * Thousands of clients at once, a cold cache and a slow upstream: how many connections the upstream sees, for how long
 * the proxy's event loop is blocked while the waiters are released, and how soon the last of them has the poem.
 */
import { join } from "node:path";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import type { LongestTurn } from "./loop-probe.ts";
import { startRedis } from "./redis.ts";
import type { StampedeOrder, StampedeReport } from "./watched-proxy.ts";
import { POEM_BYTES } from "./poem.ts";

const CLIENTS = 5000;
const ROUNDS = 5;
const PROXY = join(import.meta.dirname, "watched-proxy.ts");

interface Round extends StampedeReport {
  /** Clients that got the whole poem and a clean end. */
  readonly whole: number;
  /** From the upstream's last byte to the end of the last client, in milliseconds. */
  readonly lastServedAfter: number;
}

/** Measures, prints the rounds, and returns the figures. */
export async function stampede(): Promise<Figure[]> {
  const redis = await startRedis();
  try {
    const figures = figuresOf(await play("stampede"), "");
    if (redis) return [...figures, ...figuresOf(await play("with --shared", redis.url), ", --shared")];
    const what = "upstream connections for 5,000 clients, --shared";
    return [
      ...figures,
      { what, goal: 1, measured: undefined, unit: "", note: "redis-server is not installed" },
    ];
  } finally {
    await redis?.stop();
  }
}

/** @param shared the server through which it shares; absent: it does not */
async function play(title: string, shared?: string): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await measure(shared));
  printTable([
    [title, "upstream connections", "whole answers", "longest block", "while accepting", "last served after"],
    ...rounds.map((each, i) => [
      `round ${i + 1}`,
      String(each.upstreamConnections),
      String(each.whole),
      describe(each.releasing),
      describe(each.accepting),
      `${round(each.lastServedAfter)} ms`,
    ]),
  ]);
  return rounds;
}

function figuresOf(rounds: readonly Round[], how: string): Figure[] {
  const worst = (pick: (each: Round) => number) => Math.max(...rounds.map(pick));
  const served = rounds.map((each) => each.lastServedAfter);
  const blocked = rounds.map((each) => each.releasing.elapsed);
  const fetches = worst((each) => each.upstreamConnections);
  const unserved = worst((each) => CLIENTS - each.whole);
  return [
    figure(`upstream connections for 5,000 clients${how}`, 1, fetches, ""),
    figure(`clients of 5,000 not served whole${how}`, 0, unserved, ""),
    figure(`longest block of the loop while 5,000 are released${how}`, 25, median(blocked), " ms"),
    figure(`last of 5,000 served after the upstream's last byte${how}`, undefined, median(served), " ms"),
  ];
}

/** One stampede on a fresh proxy. */
async function measure(shared?: string): Promise<Round> {
  const port = Promise.withResolvers<number>();
  const report = Promise.withResolvers<StampedeReport>();
  const order: StampedeOrder = { clients: CLIENTS, poemBytes: POEM_BYTES, shared };
  const proxy = Bun.spawn([process.execPath, PROXY, JSON.stringify(order)], {
    stdio: ["ignore", "inherit", "inherit"],
    ipc(message: number | StampedeReport) {
      if (typeof message === "number") port.resolve(message);
      else report.resolve(message);
    },
    onExit: (_process, code) => report.reject(new Error(`The proxy ended with ${code}`)),
  });
  try {
    const clients = {
      port: await port.promise,
      connections: CLIENTS,
      atOnce: CLIENTS,
      poemBytes: POEM_BYTES,
    };
    const [{ whole, endedAt }, seen] = await Promise.all([load(clients), report.promise]);
    return { ...seen, whole, lastServedAfter: endedAt - seen.answeredAt };
  } finally {
    proxy.kill();
    await proxy.exited;
  }
}

function describe({ elapsed, cpu }: LongestTurn): string {
  return `${round(elapsed)} ms (CPU ${round(cpu)})`;
}

function figure(what: string, goal: number | undefined, measured: number, unit: string): Figure {
  return { what, goal, measured, unit };
}

if (import.meta.main) printFigures(await stampede());
