import { timeOfDay } from "../../time/time-of-day.ts";
import type { Clock } from "../../time/clock.ts";
import { momentOf, type History, type Moment } from "./history.ts";
import { UNASKED } from "./tally.ts";
import { upstreamsNow, type Sight, type Watched, type WatchedStore } from "./watched.ts";

type Past = Pick<History, "ago" | "seconds" | "mostClients">;

/** Clients that were served, and not, in some time. */
export interface RequestStatus {
  readonly served: number;
  readonly failed: number;
  /** Served in a second, on average. */
  readonly per_s: number;
  /** The part of them, from 0 to 1, that got an answer from the cache, an old one or not; absent: there were none. */
  readonly hit_ratio?: number | undefined;
}

export interface UpstreamStatus {
  readonly name: string;
  readonly up: boolean;
  /** Until when nobody asks it, and why. */
  readonly held_until?: string;
  readonly why?: string;
  readonly last_success?: string;
  readonly fetches: number;
  readonly failures: number;
  /** Of the last 1,024. */
  readonly average_s?: number;
  readonly max_s?: number;
}

export interface ServiceStatus {
  readonly name: string;
  /** `max` of the last 15 minutes, as seen once a second; without `limit`: any number. */
  readonly clients: { readonly now: number; readonly max: number; readonly limit: number | null };
  /** When the certificate that it shows ends; absent: it speaks in the clear. */
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

/** A second level: where answers are kept besides memory. */
export interface StoreStatus {
  readonly kind: "disk" | "shared";
  readonly name: string;
  /** Whether it is asked; otherwise it is bypassed, because it failed. */
  readonly up: boolean;
  readonly hits: number;
  readonly misses: number;
  readonly puts: number;
  readonly damaged: number;
  readonly failures: number;
  /** As of the last look. */
  readonly entries?: number;
  readonly bytes?: number;
  readonly limit?: number;
}

/** What there is to see at the moment, without a word of what clients ask. */
export interface Status {
  readonly version: string;
  readonly time: string;
  readonly started: string;
  /** Seconds since then. */
  readonly up_s: number;
  readonly draining: boolean;
  readonly memory_bytes: number;
  readonly cpu_s: number;
  readonly loop_lag_s: number;
  readonly services: readonly ServiceStatus[];
  readonly stores: readonly StoreStatus[];
}

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

/** At most six digits behind the point. */
function digits(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
