import { timeOfDay } from "../../time/time-of-day.ts";
import type { Clock } from "../../time/clock.ts";
import { momentOf, type History, type Moment } from "./history.ts";
import { UNASKED } from "./tally.ts";
import { upstreamsNow, type Sight, type Watched, type WatchedStore } from "./watched.ts";

/** The part of History that the status needs. */
type Past = Pick<History, "ago" | "seconds" | "mostClients">;

/** How many clients were served, or not, in a span of time. */
export interface RequestStatus {
  readonly served: number;
  readonly failed: number;
  /** Clients served per second, on average. */
  readonly per_s: number;
  /**
   * The share of served clients, from 0 to 1, whose answer came from the cache, fresh or stale; absent: none were
   * served.
   */
  readonly hit_ratio?: number | undefined;
}

/** What has been counted of an upstream, and whether it is in use. */
export interface UpstreamStatus {
  readonly name: string;
  readonly up: boolean;
  /** Until when it is held down, and why; absent: it is not. */
  readonly held_until?: string;
  readonly why?: string;
  readonly last_success?: string;
  readonly fetches: number;
  readonly failures: number;
  /** Durations of the last 1,024 fetches. */
  readonly average_s?: number;
  readonly max_s?: number;
}

/** The state of one service. Absent parts are those that it does not have, such as a cache. */
export interface ServiceStatus {
  readonly name: string;
  /** `max`: the most in the last 15 minutes, sampled once a second; `limit` null: none. */
  readonly clients: { readonly now: number; readonly max: number; readonly limit: number | null };
  /** When the certificate that clients see expires; absent: it does not speak TLS. */
  readonly certificate_ends?: string;
  readonly requests: {
    readonly last_10s: RequestStatus;
    readonly last_100s: RequestStatus;
    readonly all: RequestStatus;
  };
  readonly waiters?: number | undefined;
  readonly pipes?: number | undefined;
  readonly cache?: { readonly entries: number; readonly bytes: number; readonly limit: number };
  readonly fetches?: { readonly in_flight: number; readonly limit: number; readonly queue: number };
  readonly upstreams: readonly UpstreamStatus[];
}

/** The state of a second level. */
export interface StoreStatus {
  readonly kind: "disk" | "shared";
  readonly name: string;
  /** Whether it is in use; otherwise it is bypassed, because it failed. */
  readonly up: boolean;
  readonly hits: number;
  readonly misses: number;
  readonly puts: number;
  readonly damaged: number;
  readonly failures: number;
  /** As last measured; absent: not yet, or unknown. */
  readonly entries?: number;
  readonly bytes?: number;
  readonly limit?: number;
}

/** The state of the process, for the status page and `poetry ctl status`. It reveals nothing about requests. */
export interface Status {
  readonly version: string;
  readonly time: string;
  readonly started: string;
  /** Seconds since the start. */
  readonly up_s: number;
  readonly draining: boolean;
  readonly memory_bytes: number;
  readonly cpu_s: number;
  readonly loop_lag_s: number;
  readonly services: readonly ServiceStatus[];
  readonly stores: readonly StoreStatus[];
}

/** The state of the process; `history` covers the recent past. */
export function statusOf(
  { services, stores, vitals }: Sight,
  history: Past,
  clock: Pick<Clock, "now">,
): Status {
  const now = timeOfDay();
  const wall = (until: number) => iso(now.getTime() + until - clock.now());
  return {
    version: vitals.version,
    time: now.toISOString(),
    started: iso(vitals.startedAt * 1000),
    up_s: Math.round(now.getTime() / 1000 - vitals.startedAt),
    draining: vitals.phase === "draining",
    memory_bytes: vitals.residentBytes,
    cpu_s: vitals.cpuSeconds,
    loop_lag_s: digits(vitals.loopLag),
    services: services.map((service) => serviceStatus(service, history, wall)),
    stores: stores.map(storeStatus),
  };
}

function storeStatus({ kind, name, isFailing, counts, failures, size }: WatchedStore): StoreStatus {
  const { hit: hits, miss: misses, put: puts, damaged } = counts;
  return {
    kind,
    name,
    up: !isFailing,
    hits,
    misses,
    puts,
    damaged,
    failures,
    ...(size && { entries: size.entries, bytes: size.bytes, limit: size.maxBytes }),
  };
}

function serviceStatus(service: Watched, history: Past, wall: (until: number) => string): ServiceStatus {
  const { clients, maxClients, certificateEnds, waiters, pipes, cache, fetches } = service.figures();
  const now = momentOf(service);
  const since = (seconds: number) => {
    const before = history.ago(service.name, seconds, service.tally);
    return requestsBetween(before, now, Math.max(1, Math.min(seconds, history.seconds)), cache !== undefined);
  };
  return {
    name: service.name,
    clients: {
      now: clients,
      max: Math.max(clients, history.mostClients(service.name)),
      limit: maxClients === Infinity ? null : maxClients,
    },
    ...(certificateEnds !== undefined && { certificate_ends: iso(certificateEnds) }),
    requests: {
      last_10s: since(10),
      last_100s: since(100),
      all: requestsBetween(undefined, now, Math.max(1, history.seconds), cache !== undefined),
    },
    waiters,
    pipes,
    ...(cache && { cache: { entries: cache.entries, bytes: cache.bytes, limit: cache.maxBytes } }),
    ...(fetches && {
      fetches: { in_flight: fetches.inFlight, limit: fetches.limit, queue: fetches.queue },
    }),
    upstreams: upstreamStatuses(service, wall),
  };
}

function requestsBetween(
  before: Moment | undefined,
  now: Moment,
  seconds: number,
  hasCache: boolean,
): RequestStatus {
  const count = (...names: (keyof Moment)[]) =>
    names.reduce((all, name) => all + now[name] - (before?.[name] ?? 0), 0);
  const served = count("hit", "stale", "miss", "coalesced", "pass", "plain");
  return {
    served,
    failed: count("failed"),
    per_s: digits(served / seconds),
    ...(hasCache && served > 0 && { hit_ratio: digits(count("hit", "stale") / served) }),
  };
}

function upstreamStatuses(
  { tally, figures }: Pick<Watched, "tally" | "figures">,
  wall: (until: number) => string,
): UpstreamStatus[] {
  return Array.from(upstreamsNow(figures().upstreams ?? []), ([name, { held }]) => {
    const { fetches, failures, recent, lastSuccess } = tally.upstreams.get(name) ?? UNASKED;
    const times = recent.figures();
    return {
      name,
      up: !held,
      ...(held && { held_until: wall(held.until), why: held.why }),
      ...(lastSuccess !== undefined && { last_success: iso(lastSuccess * 1000) }),
      fetches: sum(fetches),
      failures: sum(failures),
      ...(times && { average_s: digits(times.average / 1000), max_s: digits(times.most / 1000) }),
    };
  });
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}

function iso(ms: number): string {
  return timeOfDay(ms).toISOString();
}

/** At most six decimal places. */
function digits(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
