import { timeOfDay } from "../../time/time-of-day.ts";
import { REMEMBERED_S, type History, type Moment } from "./history.ts";

/** Seconds between two points of a plot. */
const STEP_S = 5;

/** The last 15 minutes of a service, one point every 5 seconds, oldest first; null: no data. */
export interface Plots {
  readonly step_s: number;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  /** Clients served per second, on average, by status; `plain`: by a service without a cache. */
  readonly served: Readonly<Record<Served, readonly (number | null)[]>>;
  /** Clients not served, per second. */
  readonly failed: readonly (number | null)[];
  /** The share of served clients whose answer was in the cache, from 0 to 1. */
  readonly hit_ratio: readonly (number | null)[];
  /** The average duration of fetches that ended between two points, in seconds. */
  readonly fetch_s: readonly (number | null)[];
  /** Clients waiting for a fetch at that moment. */
  readonly waiters: readonly (number | null)[];
}

type Served = (typeof SERVED)[number];

const SERVED = ["hit", "stale", "miss", "coalesced", "pass", "plain"] as const;

/** What lies between two points. */
interface Step {
  readonly before: Moment;
  readonly after: Moment;
}

/** The plots of one service, from what the history remembers of it. */
export function plotsOf(service: string, history: Pick<History, "ago" | "seconds">): Plots {
  const count = REMEMBERED_S / STEP_S - 1;
  const ages = Array.from({ length: count }, (_, index) => (count - 1 - index) * STEP_S);
  const steps = ages.map((age) => stepTo(service, history, age));
  const now = Math.floor(timeOfDay().getTime() / 1000);
  const column = (read: (step: Step) => number | null) => steps.map((step) => (step ? read(step) : null));
  const rate = (name: keyof Moment) => column((step) => rounded(difference(step, name) / STEP_S));
  return {
    step_s: STEP_S,
    times: ages.map((age) => now - age),
    served: Object.fromEntries(SERVED.map((name) => [name, rate(name)])) as Record<Served, (number | null)[]>,
    failed: rate("failed"),
    hit_ratio: column((step) => ratio(difference(step, "hit", "stale"), difference(step, ...SERVED))),
    fetch_s: column((step) => ratio(difference(step, "fetchSeconds"), difference(step, "fetches"))),
    waiters: column(({ after }) => after.waiters),
  };
}

/** The step that ended `age` seconds ago; undefined before the first measurement. */
function stepTo(service: string, history: Pick<History, "ago" | "seconds">, age: number): Step | undefined {
  if (age + STEP_S > history.seconds) return undefined;
  const [before, after] = [history.ago(service, age + STEP_S), history.ago(service, age)];
  return before && after && { before, after };
}

/** By how much counters grew, added up. */
function difference({ before, after }: Step, ...names: readonly (keyof Moment)[]): number {
  return names.reduce((sum, name) => sum + after[name] - before[name], 0);
}

/** Null if there is nothing to divide by. */
function ratio(part: number, whole: number): number | null {
  return whole > 0 ? rounded(part / whole) : null;
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
