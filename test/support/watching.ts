import type { Watching } from "../../src/admin/watch/watching.ts";
import { History } from "../../src/observe/numbers/history.ts";
import { Tally } from "../../src/observe/numbers/tally.ts";
import type { Vitals, Watched, WatchedStore } from "../../src/observe/numbers/watched.ts";
import type { Figures } from "../../src/services/figures.ts";
import type { ManualClock } from "../../src/time/manual-clock.ts";

export const UPSTREAM = { host: "127.0.0.1", port: 43 };

export const VITALS: Vitals = {
  version: "1.2.3",
  revision: "abc",
  bun: "1.4.5",
  startedAt: 1_700_000_000,
  cpuSeconds: 1.5,
  residentBytes: 40_000_000,
  openFds: 12,
  maxFds: 1024,
  loopLag: 0.002,
  logLinesDropped: 0,
  phase: "serving",
  lastReload: { isGood: true, goodAt: 1_700_000_001 },
};

/** The figures of a proxy with an answer and a client. */
export const PROXYING: Figures = {
  clients: 1,
  maxClients: Infinity,
  certificateEnds: 1_800_000_000_000,
  waiters: 0,
  pipes: 0,
  cache: {
    entries: 1,
    bytes: 700,
    maxBytes: 1000,
    evictions: { memory: 0, expired: 1, replaced: 0, purged: 0 },
  },
  fetches: { inFlight: 0, limit: 64, queue: 0, queueBytes: 0 },
  upstreams: [{ address: UPSTREAM, held: { until: 5000, why: "failure" } }],
};

/** A watched service. */
export function watched(name: string, tally = new Tally(), figures = PROXYING): Watched {
  return { name, tally, figures: () => figures };
}

/** A failing second level. */
export const DISK: WatchedStore = {
  kind: "disk",
  name: "/var/lib/poetry.db",
  isFailing: true,
  failures: 3,
  counts: { hit: 4, miss: 2, put: 2, damaged: 0 },
  size: { entries: 2, bytes: 8192, maxBytes: 1_000_000 },
};

/** Watches some services, on a clock that the test controls. */
export function watchingOf(
  clock: ManualClock,
  services: readonly Watched[],
  vitals: () => Vitals = () => VITALS,
  stores: readonly WatchedStore[] = [],
): Watching & { readonly history: History } {
  const history = new History(() => services, clock);
  return { clock, history, sight: () => ({ services, stores, vitals: vitals() }) };
}
