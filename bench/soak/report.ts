import { printTable, round, type Figure } from "../figure.ts";
import { ALL_MANNERS, OUTCOMES, type Manners, type Outcome } from "./client.ts";
import type { Rest } from "./rest.ts";
import { slopeOf } from "./slope.ts";
import type { Station } from "./station.ts";
import { Tally } from "./tally.ts";

const MB = 1e6;
/** How fast a heap may seem to grow because of garbage, in MB per minute. */
const SLOPE = 10;
/** Seconds of load before a slope means anything. */
const SLOPE_NEEDS = 60;

/** A station, and what was left over at its end. */
export interface Rested {
  readonly station: Station;
  readonly rest: Rest;
}

/** One line on what has happened so far. */
export function printInterval(seconds: number, stations: readonly Station[]): void {
  const outcomes = allOutcomes(stations);
  const sum = (pick: (station: Station) => number) => stations.reduce((total, each) => total + pick(each), 0);
  const memory = sum(({ proxy }) => proxy.residentMemory) / MB;
  const descriptors = sum(({ proxy }) => proxy.descriptors);
  const flights = sum(({ proxy }) => proxy.flights);
  console.log(
    `${String(Math.round(seconds)).padStart(4)} s  ${outcomes.describe()}  RSS ${round(memory)} MB  descriptors ${descriptors}  flights ${flights}`,
  );
}

/** Prints what every station saw. */
export function printStations(rested: readonly Rested[], seconds: number): void {
  const stations = rested.map(({ station }) => station);
  const manners = new Tally<Manners>(ALL_MANNERS);
  for (const station of stations) manners.add(station.manners);
  console.log(`\nclients: ${manners.describe()}`);
  for (const line of stations.flatMap(({ ledger }) => ledger.differing)) console.log(line);
  for (const { mode, upstream } of stations)
    console.log(`upstream of "${mode.name}": ${upstream.tally.describe()}`);
  console.log("");
  printTable([
    ["proxy", ...OUTCOMES, "RSS", "slope", "descriptors", "at rest", "flights", "exit code"],
    ...rested.map(({ station, rest }) => [
      station.mode.name,
      ...OUTCOMES.map((outcome) => String(station.outcomes.of(outcome))),
      `${round((station.memory.at(-1)?.bytes ?? 0) / MB)} MB`,
      seconds < SLOPE_NEEDS ? "too short" : `${round(slopeOf(station.memory) / MB)} MB/min`,
      String(station.descriptorsBefore),
      `${rest.descriptors < 0 ? "" : "+"}${rest.descriptors}`,
      String(rest.flights),
      String(rest.exitCode),
    ]),
  ]);
}

/** Everything that must hold, as figures. */
export function figuresOf(rested: readonly Rested[], seconds: number): Figure[] {
  const outcomes = allOutcomes(rested.map(({ station }) => station));
  const sum = (pick: (each: Rested) => number) => rested.reduce((total, each) => total + pick(each), 0);
  const slope = Math.max(...rested.map(({ station }) => slopeOf(station.memory))) / MB;
  const isLong = seconds >= SLOPE_NEEDS;
  return [
    none("answers with wrong bytes", outcomes.of("wrong")),
    none("truncated answers with a clean end", outcomes.of("truncated")),
    none("clients that waited forever", outcomes.of("stuck")),
    none(
      "proxies that served nobody",
      rested.filter(({ station }) => station.outcomes.of("whole") === 0).length,
    ),
    none(
      "flights at rest",
      sum(({ rest }) => Math.abs(rest.flights)),
    ),
    none(
      "waiters and other connections at rest",
      sum(({ rest }) => Math.max(0, rest.descriptors)),
    ),
    none(
      "upstream connections at rest",
      sum(({ rest }) => rest.upstream),
    ),
    none(
      "bugs reported",
      sum(({ station }) => station.proxy.bugs),
    ),
    none(
      "clients that the metrics miss or count twice",
      sum(({ rest }) => Math.abs(rest.sums.clients)),
    ),
    none(
      "clients that the access log misses or has twice",
      sum(({ rest }) => Math.abs(rest.sums.lines)),
    ),
    none(
      "clients that read another number of bytes than logged",
      sum(({ rest }) => rest.sums.differing),
    ),
    none(
      "proxies whose clients were not compared",
      rested.filter(({ rest }) => rest.sums.compared === 0).length,
    ),
    none(
      "bytes by which metrics and access log differ",
      sum(({ rest }) => Math.abs(rest.sums.bytes)),
    ),
    none(
      "fetches and retries by which metrics and access log differ",
      sum(({ rest }) => Math.abs(rest.sums.fetches) + Math.abs(rest.sums.retries)),
    ),
    none(
      "upstream connections without an attempt of a fetch, and attempts without a connection",
      sum(({ rest }) => Math.abs(rest.sums.connections)),
    ),
    none("proxies that did not stop with 0", rested.filter(({ rest }) => rest.exitCode !== 0).length),
    {
      what: "steepest growth of RSS",
      goal: SLOPE,
      measured: isLong ? slope : undefined,
      unit: " MB/min",
      ...(isLong ? {} : { note: `needs ${SLOPE_NEEDS} s` }),
    },
  ];
}

function none(what: string, measured: number): Figure {
  return { what, goal: 0, measured, unit: "" };
}

function allOutcomes(stations: readonly Station[]): Tally<Outcome> {
  const all = new Tally<Outcome>(OUTCOMES);
  for (const { outcomes } of stations) all.add(outcomes);
  return all;
}
