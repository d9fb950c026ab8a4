import { formatAddress } from "../../net/address.ts";
import type { Figures, UpstreamFigures } from "../../services/figures.ts";
import type { Tally } from "./tally.ts";

/** The counts of a service, read-only. */
export type Counts = Readonly<
  Pick<
    Tally,
    | "served"
    | "failed"
    | "rejected"
    | "seconds"
    | "upstreams"
    | "notStored"
    | "sentBytes"
    | "receivedBytes"
    | "retries"
    | "bugs"
  >
>;

/** A service as watchers see it: read-only. */
export interface Watched {
  /** Its name in the file; `main` if it was started by flags. */
  readonly name: string;
  readonly tally: Counts;
  figures(): Figures;
}

/** The current upstreams of a service by name; one that occurs twice in the list is there once. */
export function upstreamsNow(upstreams: readonly UpstreamFigures[]): ReadonlyMap<string, UpstreamFigures> {
  return new Map(upstreams.map((each) => [formatAddress(each.address), each]));
}

/** The current state of the process itself. */
export interface Vitals {
  readonly version: string;
  readonly revision: string;
  readonly bun: string;
  /** Seconds since 1970. */
  readonly startedAt: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Undefined where the system does not say, or there is no limit. */
  readonly openFds?: number | undefined;
  readonly maxFds?: number | undefined;
  /** The longest delay of a timer in the last 10 seconds, in seconds. */
  readonly loopLag: number;
  readonly logLinesDropped: number;
  readonly phase: "starting" | "serving" | "draining";
  /** Absent: there is no configuration file to reload. */
  readonly lastReload?: LastReload | undefined;
}

/** The outcome of the last reload, or of the start. */
export interface LastReload {
  /** Whether it succeeded. */
  readonly isGood: boolean;
  /** When the configuration in force was read, in seconds since 1970. */
  readonly goodAt: number;
}

/** The current state of a second level. */
export interface WatchedStore {
  readonly kind: "disk" | "shared";
  /** Its path, or the address of its server. */
  readonly name: string;
  /** Whether it is bypassed, because it failed. */
  readonly isFailing: boolean;
  readonly failures: number;
  /** Lookups by outcome, and answers stored. */
  readonly counts: Readonly<Record<"hit" | "miss" | "put" | "damaged", number>>;
  /** As last measured. */
  readonly size?: { readonly entries: number; readonly bytes: number; readonly maxBytes: number } | undefined;
}

/** Everything that metrics and the status page show. */
export interface Sight {
  readonly services: readonly Watched[];
  readonly stores: readonly WatchedStore[];
  readonly vitals: Vitals;
}
