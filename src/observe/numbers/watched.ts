import { formatAddress } from "../../net/address.ts";
import type { Figures, UpstreamFigures } from "../../services/figures.ts";
import type { Tally } from "./tally.ts";

/** What has been counted, without the methods that count. */
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

/** A service as those see it who watch: there is nothing here that changes it. */
export interface Watched {
  /** As the file calls it; `main` where flags started it. */
  readonly name: string;
  readonly tally: Counts;
  figures(): Figures;
}

/** The upstreams of a service at the moment, by name: each once, however often it is in the list. */
export function upstreamsNow(upstreams: readonly UpstreamFigures[]): ReadonlyMap<string, UpstreamFigures> {
  return new Map(upstreams.map((each) => [formatAddress(each.address), each]));
}

/** What there is to know of the process at the moment. */
export interface Vitals {
  readonly version: string;
  readonly revision: string;
  readonly bun: string;
  /** Seconds since 1970. */
  readonly startedAt: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Absent where the system does not tell. */
  readonly openFds?: number | undefined;
  readonly maxFds?: number | undefined;
  /** The longest delay of the last seconds, in seconds. */
  readonly loopLag: number;
  readonly logLinesDropped: number;
  readonly phase: "starting" | "serving" | "draining";
  /** Absent: there is no configuration that could be read again. */
  readonly lastReload?: LastReload | undefined;
}

/** How it went when the configuration was read last. */
export interface LastReload {
  /** Whether it is in force. */
  readonly isGood: boolean;
  /** When the one that is in force was read: seconds since 1970. */
  readonly goodAt: number;
}

/** A store of the process at the moment. */
export interface WatchedStore {
  readonly kind: "disk" | "shared";
  /** Its path, or where its server is. */
  readonly name: string;
  /** Whether it is bypassed, because it failed. */
  readonly isFailing: boolean;
  readonly failures: number;
  /** What it was asked, by what came of it. */
  readonly counts: Readonly<Record<"hit" | "miss" | "put" | "damaged", number>>;
  /** As it was when somebody last looked. */
  readonly size?: { readonly entries: number; readonly bytes: number; readonly maxBytes: number } | undefined;
}

/** Everything that metrics and the status are made of. */
export interface Sight {
  readonly services: readonly Watched[];
  readonly stores: readonly WatchedStore[];
  readonly vitals: Vitals;
}
