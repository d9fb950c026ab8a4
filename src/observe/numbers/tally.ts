import { formatAddress } from "../../net/address.ts";
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

/** Why clients were turned away before they sent a request, in one word each, by how their connection ended. */
const REJECTIONS: ReadonlyMap<string, string> = new Map(
  Object.keys(ENDINGS).flatMap((ending) => {
    const [side, phase, why = ""] = ending.split("/");
    if (side === "client" && phase === "tls") return [[ending, "tls"]];
    if (ending === "client/header/check" || ending === "proxy/request/draining") return [[ending, why]];
    if (side === "client" && phase === "header") return [[ending, "proxy_header"]];
    return side === "proxy" && phase === "accept" ? [[ending, why]] : [];
  }),
);

/** Endings of clients that were let in, but did not get their whole answer. */
const FAILED = (Object.keys(ENDINGS) as Ending[]).filter(
  (ending) => ENDINGS[ending].isError && !REJECTIONS.has(ending),
);

/** The counts of one upstream. */
export class UpstreamTally {
  readonly fetches: Record<FetchCause, number> = { miss: 0, refresh: 0, pass: 0 };
  readonly failures = zeros(Object.keys(FETCH_FAILURES) as FetchFailure[]);
  /** Durations of fetches, after their wait in the queue. */
  readonly seconds = new Histogram();
  /** The last durations, in milliseconds. */
  readonly recent = new Recent();
  /** When it last answered, in seconds since 1970; undefined: never. */
  lastSuccess: number | undefined = undefined;
}

/** The counts of an upstream that has not been queried yet. */
export const UNASKED: Readonly<UpstreamTally> = new UpstreamTally();

/** The counts of one service: plain numbers, because they change with every client; turned into text only on demand. */
export class Tally {
  readonly served = zeros(SERVED);
  readonly failed: Record<string, number> = zeros(FAILED);
  readonly rejected: Record<string, number> = zeros([...REJECTIONS.values()]);
  /** Time from a client's request until its answer was there; hits count as 0 seconds. */
  readonly seconds = new Histogram();
  /** By upstream, as configured, once it has been queried; those that a reload removed stay. */
  readonly upstreams = new Map<string, UpstreamTally>();
  readonly notStored = zeros(Object.keys(NOT_KEPT) as NotKept[]);
  sentBytes = 0;
  receivedBytes = 0;
  retries = 0;
  bugs = 0;

  /** A client has left. */
  visited(visit: Visit): void {
    const { ending = "internal" } = visit;
    const rejection = ending === "ok" ? undefined : REJECTIONS.get(ending);
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

  /** A client was turned away at once, without a visit. */
  turnedAway({ ending }: Visit): void {
    const rejection = ending && REJECTIONS.get(ending);
    if (rejection !== undefined) this.#add(this.rejected, rejection);
  }

  /** A fetch got a complete answer. */
  fetched(record: FetchRecord): void {
    this.#finished(record).lastSuccess = timeOfDay().getTime() / 1000;
  }

  /** A fetch failed. */
  fetchFailed(record: FetchRecord): void {
    const tally = this.#finished(record);
    if (record.error) tally.failures[record.error.reason]++;
  }

  #finished({ upstream, wish, attempts, startedAt, ms }: FetchRecord): UpstreamTally {
    this.retries += Math.max(0, attempts - 1); // There is no attempt if no upstream could be queried.
    const name = formatAddress(upstream);
    let tally = this.upstreams.get(name);
    if (!tally) this.upstreams.set(name, (tally = new UpstreamTally()));
    tally.fetches[wish.cause]++;
    if (startedAt !== undefined) {
      tally.seconds.count(ms / 1000);
      tally.recent.add(ms);
    }
    return tally;
  }

  #add(counts: Record<string, number>, what: string): void {
    counts[what] = (counts[what] ?? 0) + 1;
  }
}

function zeros<const K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
