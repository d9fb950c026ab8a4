import { formatAddress, type Address } from "../../net/address.ts";
import { ENDINGS, type Ending } from "../../net/ending.ts";
import type { Visit } from "../../net/transport.ts";
import { FETCH_FAILURES, type FetchFailure } from "../../services/fetch/errors.ts";
import type { FetchCause, FetchRecord } from "../../services/fetch/record.ts";
import { timeOfDay } from "../../time/time-of-day.ts";
import { NOT_KEPT, type NotKept } from "../wording.ts";
import { Histogram } from "./histogram.ts";
import { Recent } from "./recent.ts";

/** How clients were served: from a cache, or (`plain`) by a service that has none. */
const SERVED = ["hit", "stale", "miss", "coalesced", "pass", "plain"] as const;

/** Where clients are turned away, and the ends of those that had no time to ask, or were none. */
const ACCEPT = "proxy/accept/";
const OTHER_REJECTIONS: Partial<Record<Ending, string>> = {
  "proxy/request/draining": "draining",
  "client/header/check": "check",
};

/** Endings of clients that did not get what they came for, though they were let in. */
const FAILED = (Object.keys(ENDINGS) as Ending[]).filter(
  (ending) => ENDINGS[ending].isError && rejectionOf(ending) === undefined,
);

/** Why clients are turned away, in one word each. */
const REJECTED = (Object.keys(ENDINGS) as Ending[]).flatMap((ending) => rejectionOf(ending) ?? []);

/** What has been counted of one upstream. */
export class UpstreamTally {
  readonly fetches: Record<FetchCause, number> = { miss: 0, refresh: 0, pass: 0 };
  readonly failures = zeros(Object.keys(FETCH_FAILURES) as FetchFailure[]);
  /** From its turn to its end. */
  readonly seconds = new Histogram();
  /** The last ones, in milliseconds. */
  readonly recent = new Recent();
  /** Seconds since 1970; absent: it has not answered yet. */
  lastSuccess: number | undefined = undefined;
}

/** What has been counted of one service: plain fields, made into text only when somebody asks. */
export class Tally {
  readonly served = zeros(SERVED);
  readonly failed: Record<string, number> = zeros(FAILED);
  readonly rejected: Record<string, number> = zeros(REJECTED);
  /** From a client's request to its answer; in the first bucket, those whose answer was there. */
  readonly seconds = new Histogram();
  /** By upstream, as the configuration names it. */
  readonly upstreams = new Map<string, UpstreamTally>();
  readonly notStored = zeros(Object.keys(NOT_KEPT) as NotKept[]);
  sentBytes = 0;
  receivedBytes = 0;
  retries = 0;
  bugs = 0;

  /** A client's stay is over. */
  visited(visit: Visit): void {
    const { ending = "internal" } = visit;
    const rejection = ending === "ok" ? undefined : rejectionOf(ending);
    if (rejection !== undefined) {
      this.#add(this.rejected, rejection);
    } else if (!ENDINGS[ending].isError) {
      this.served[(visit.status ?? "plain") as keyof typeof this.served]++;
      this.seconds.count((visit.waitedMs ?? 0) / 1000);
    } else {
      this.#add(this.failed, ending);
    }
    this.sentBytes += visit.bytesOut;
    this.receivedBytes += visit.bytesIn;
  }

  turnedAway({ ending }: Visit): void {
    if (ending) this.#add(this.rejected, ending.slice(ACCEPT.length));
  }

  /** The upstreams of the service: they are counted from now on, and no others. */
  asks(upstreams: readonly Address[]): void {
    const names = upstreams.map(formatAddress);
    for (const name of this.upstreams.keys()) if (!names.includes(name)) this.upstreams.delete(name);
    for (const name of names) if (!this.upstreams.has(name)) this.upstreams.set(name, new UpstreamTally());
  }

  fetched(record: FetchRecord): void {
    const tally = this.#finished(record);
    if (tally) tally.lastSuccess = timeOfDay().getTime() / 1000;
  }

  fetchFailed(record: FetchRecord): void {
    const tally = this.#finished(record);
    if (tally && record.error) tally.failures[record.error.reason]++;
  }

  #finished(record: FetchRecord): UpstreamTally | undefined {
    const tally = this.upstreams.get(formatAddress(record.upstream));
    if (!tally) return undefined;
    tally.fetches[record.wish.cause]++;
    if (record.startedAt !== undefined) {
      tally.seconds.count(record.ms / 1000);
      tally.recent.add(record.ms);
    }
    return tally;
  }

  #add(counts: Record<string, number>, what: string): void {
    counts[what] = (counts[what] ?? 0) + 1;
  }
}

/** Why a client was turned away that ended so; undefined: it was not. */
function rejectionOf(ending: Ending): string | undefined {
  return ending.startsWith(ACCEPT) ? ending.slice(ACCEPT.length) : OTHER_REJECTIONS[ending];
}

function zeros<const K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
