import type { Figures } from "../../services/figures.ts";
import type { Histogram } from "./histogram.ts";
import type { UpstreamTally } from "./tally.ts";
import type { Sight, Watched } from "./watched.ts";

/** What a family has to say: a number, one for each value of its own label, or a histogram. Absent: no series. */
export type Reading = number | boolean | Readonly<Record<string, number>> | Histogram | undefined;

/** What the rows of services read. */
export interface ServiceSubject {
  readonly tally: Watched["tally"];
  readonly now: Figures;
}

/** What the rows of upstreams read. */
export interface UpstreamSubject {
  readonly tally: Readonly<UpstreamTally>;
  readonly isHeld: boolean;
}

interface Row<Of extends string, Subject> {
  readonly of: Of;
  readonly type: "counter" | "gauge" | "histogram";
  /** The label beside those that say what it is about. */
  readonly by?: string;
  /** Facts about the process that are labels. */
  readonly labels?: readonly ("version" | "revision" | "bun")[];
  readonly help: string;
  readonly read: (subject: Subject) => Reading;
}

/** A family of series: what it is about decides its first labels. */
export type Family =
  Row<"process", Sight> | Row<"service", ServiceSubject> | Row<"upstream", UpstreamSubject>;

/** The labels that say what a family is about. */
export const SUBJECT_LABELS = {
  process: [],
  service: ["service"],
  upstream: ["service", "upstream"],
} as const;

/** Every metric by its name. Scrapes, docs/metrics.md and the checks of contrib/ derive from this table. */
export const METRICS: Readonly<Record<string, Family>> = {
  poetry_client_connections: {
    of: "service",
    type: "gauge",
    help: "Clients connected now.",
    read: ({ now }) => now.clients,
  },
  poetry_client_connections_limit: {
    of: "service",
    type: "gauge",
    help: "Clients that may be connected at a time, as configured or as file descriptors allow.",
    read: ({ now }) => now.maxClients,
  },
  poetry_client_connections_rejected_total: {
    of: "service",
    type: "counter",
    by: "reason",
    help: "Clients that were reset before they could ask, and checks by proxies that hung up.",
    read: ({ tally }) => tally.rejected,
  },
  poetry_requests_total: {
    of: "service",
    type: "counter",
    by: "cache",
    help: "Clients that got their whole answer, by what the cache had; without a cache, without that label.",
    read: ({ tally: { served }, now }) => {
      const { plain, ...cached } = served;
      return now.cache ? cached : plain;
    },
  },
  poetry_requests_failed_total: {
    of: "service",
    type: "counter",
    by: "ending",
    help: "Clients that did not get their whole answer, by how their connection ended.",
    read: ({ tally }) => tally.failed,
  },
  poetry_request_seconds: {
    of: "service",
    type: "histogram",
    help: "From a request to the moment when its answer was there, for clients that got it whole.",
    read: ({ tally }) => tally.seconds,
  },
  poetry_sent_bytes_total: {
    of: "service",
    type: "counter",
    help: "Bytes of answers that the kernel took for clients.",
    read: ({ tally }) => tally.sentBytes,
  },
  poetry_received_bytes_total: {
    of: "service",
    type: "counter",
    help: "Bytes that came from clients.",
    read: ({ tally }) => tally.receivedBytes,
  },
  poetry_waiters: {
    of: "service",
    type: "gauge",
    help: "Clients that wait for a fetch they share.",
    read: ({ now }) => now.waiters,
  },
  poetry_pipes: {
    of: "service",
    type: "gauge",
    help: "Clients whose requests pass through as they come.",
    read: ({ now }) => now.pipes,
  },
  poetry_cache_entries: {
    of: "service",
    type: "gauge",
    help: "Answers in the cache.",
    read: ({ now }) => now.cache?.entries,
  },
  poetry_cache_bytes: {
    of: "service",
    type: "gauge",
    help: "Bytes of the cache, keys and bookkeeping included.",
    read: ({ now }) => now.cache?.bytes,
  },
  poetry_cache_limit_bytes: {
    of: "service",
    type: "gauge",
    help: "Bytes that the cache may take.",
    read: ({ now }) => now.cache?.maxBytes,
  },
  poetry_cache_evictions_total: {
    of: "service",
    type: "counter",
    by: "reason",
    help: "Entries that left the cache: for want of memory, expired when they left, replaced while still good, or purged.",
    read: ({ now }) => now.cache && { ...now.cache.evictions },
  },
  poetry_cache_not_stored_total: {
    of: "service",
    type: "counter",
    by: "reason",
    help: "Whole answers that went to those who waited, and were not kept.",
    read: ({ tally, now }) => now.cache && tally.notStored,
  },
  poetry_fetches_total: {
    of: "upstream",
    type: "counter",
    by: "cause",
    help: "Fetches that are over, well or not.",
    read: ({ tally }) => tally.fetches,
  },
  poetry_fetch_failures_total: {
    of: "upstream",
    type: "counter",
    by: "reason",
    help: "Fetches that gave no whole answer.",
    read: ({ tally }) => tally.failures,
  },
  poetry_fetch_seconds: {
    of: "upstream",
    type: "histogram",
    help: "From a fetch's turn to its end, retries included.",
    read: ({ tally }) => tally.seconds,
  },
  poetry_fetch_retries_total: {
    of: "service",
    type: "counter",
    help: "Attempts that followed a failed one.",
    read: ({ tally, now }) => now.fetches && tally.retries,
  },
  poetry_fetches_in_flight: {
    of: "service",
    type: "gauge",
    help: "Fetches under way.",
    read: ({ now }) => now.fetches?.inFlight,
  },
  poetry_fetches_limit: {
    of: "service",
    type: "gauge",
    help: "Fetches that may be under way at a time.",
    read: ({ now }) => now.fetches?.limit,
  },
  poetry_fetch_queue: {
    of: "service",
    type: "gauge",
    help: "Fetches that wait for their turn.",
    read: ({ now }) => now.fetches?.queue,
  },
  poetry_upstream_up: {
    of: "upstream",
    type: "gauge",
    help: "0 while the upstream is held down, because it failed, refused or was held by an order, else 1.",
    read: ({ isHeld }) => !isHeld,
  },
  poetry_upstream_last_success_timestamp_seconds: {
    of: "upstream",
    type: "gauge",
    help: "When the upstream last gave a whole answer; 0: it has not yet.",
    read: ({ tally }) => tally.lastSuccess ?? 0,
  },
  poetry_build_info: {
    of: "process",
    type: "gauge",
    labels: ["version", "revision", "bun"],
    help: "1, with the version of poetry, the commit it was built from, and the version of Bun in it.",
    read: () => 1,
  },
  poetry_config_last_reload_successful: {
    of: "process",
    type: "gauge",
    help: "Whether the configuration could be read when it last was.",
    read: ({ vitals }) => vitals.lastReload?.isGood,
  },
  poetry_config_last_reload_success_timestamp_seconds: {
    of: "process",
    type: "gauge",
    help: "When the configuration in use was read.",
    read: ({ vitals }) => vitals.lastReload?.goodAt,
  },
  poetry_draining: {
    of: "process",
    type: "gauge",
    help: "1 while the process waits for its last clients, else 0.",
    read: ({ vitals }) => vitals.phase === "draining",
  },
  poetry_log_lines_dropped_total: {
    of: "process",
    type: "counter",
    help: "Lines of the log that its reader did not take in time.",
    read: ({ vitals }) => vitals.logLinesDropped,
  },
  poetry_internal_errors_total: {
    of: "process",
    type: "counter",
    help: "Bugs of poetry that cost a connection or an answer.",
    read: ({ services }) => services.reduce((sum, { tally }) => sum + tally.bugs, 0),
  },
  poetry_event_loop_lag_seconds: {
    of: "process",
    type: "gauge",
    help: "The longest that a timer was late in the last 10 seconds.",
    read: ({ vitals }) => vitals.loopLag,
  },
  process_cpu_seconds_total: {
    of: "process",
    type: "counter",
    help: "Processor time of the process, user and system.",
    read: ({ vitals }) => vitals.cpuSeconds,
  },
  process_resident_memory_bytes: {
    of: "process",
    type: "gauge",
    help: "Memory of the process that is in RAM.",
    read: ({ vitals }) => vitals.residentBytes,
  },
  process_open_fds: {
    of: "process",
    type: "gauge",
    help: "Open file descriptors.",
    read: ({ vitals }) => vitals.openFds,
  },
  process_max_fds: {
    of: "process",
    type: "gauge",
    help: "File descriptors that may be open.",
    read: ({ vitals }) => vitals.maxFds,
  },
  process_start_time_seconds: {
    of: "process",
    type: "gauge",
    help: "When the process began.",
    read: ({ vitals }) => vitals.startedAt,
  },
};
