/**
 * Thousands of clients at once, a cold cache and a slow upstream: how many connections the upstream sees, how long the
 * proxy's event loop stands still while the waiters are released, and how soon the last of them has the poem.
 */
import { join } from "node:path";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import type { LongestTurn } from "./loop-probe.ts";
import type { StampedeOrder, StampedeReport } from "./watched-proxy.ts";

const CLIENTS = 5000;
const POEM_BYTES = 3072;
const ROUNDS = 5;
const PROXY = join(import.meta.dirname, "watched-proxy.ts");

interface Round extends StampedeReport {
  /** Clients that got the whole poem and an orderly end. */
  readonly whole: number;
  /** From the upstream's last byte to the end of the last client, in milliseconds. */
  readonly lastServedAfter: number;
}

/** Measures, prints the rounds, and gives the figures. */
export async function stampede(): Promise<Figure[]> {
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await measure());
  printTable([
    [
      "stampede",
      "upstream connections",
      "whole answers",
      "longest block",
      "while accepting",
      "last served after",
    ],
    ...rounds.map((each, i) => [
      `round ${i + 1}`,
      String(each.upstreamConnections),
      String(each.whole),
      describe(each.releasing),
      describe(each.accepting),
      `${round(each.lastServedAfter)} ms`,
    ]),
  ]);
  const worst = (pick: (each: Round) => number) => Math.max(...rounds.map(pick));
  const served = rounds.map((each) => each.lastServedAfter);
  return [
    figure(
      "upstream connections for 5,000 clients",
      1,
      worst((each) => each.upstreamConnections),
      "",
    ),
    figure(
      "clients of 5,000 not served whole",
      0,
      worst((each) => CLIENTS - each.whole),
      "",
    ),
    figure(
      "longest block of the loop while 5,000 are released",
      25,
      median(rounds.map((each) => each.releasing.elapsed)),
      " ms",
    ),
    figure("last of 5,000 served after the upstream's last byte", undefined, median(served), " ms"),
  ];
}

/** One stampede on a fresh proxy. */
async function measure(): Promise<Round> {
  const port = Promise.withResolvers<number>();
  const report = Promise.withResolvers<StampedeReport>();
  const order: StampedeOrder = { clients: CLIENTS, poemBytes: POEM_BYTES };
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
