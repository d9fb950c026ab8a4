import { formatAddress, hasAddress } from "../net/address.ts";
import { ENDINGS, endingOf, type Ending } from "../net/ending.ts";
import type { Visit } from "../net/transport.ts";
import type { FetchRecord, FetchWish } from "../services/fetch/record.ts";
import type { FetchLanding } from "../services/proxy/events.ts";
import type { Clock } from "../time/clock.ts";
import { asJson, asText, type ClientLine, type FetchLine } from "./access-lines.ts";
import type { LineStyle } from "./lines.ts";
import { SHOWN_BY_ACCESS_LOG, type Show } from "./requests-shown.ts";

/** Which clients and fetches get a line: none, failed ones, or all. */
export type AccessMode = "off" | "errors" | "all";

export interface AccessLogOptions {
  readonly mode: Exclude<AccessMode, "off">;
  readonly service: string;
  readonly style: LineStyle;
  readonly show: Show;
  readonly clock: Pick<Clock, "now">;
  /** Takes one whole line. */
  readonly write: (line: string) => unknown;
}

/** How many fetches are remembered, for the lines of clients that waited for them. */
const REMEMBERED = 1024;

/** One line for each client, at its end, and one for each fetch. */
export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #render: (line: ClientLine | FetchLine) => string;
  /** Finished fetches whose waiters have not been counted yet. */
  readonly #landing = new WeakMap<FetchWish, FetchRecord>();
  readonly #fetches = new Map<number, { readonly upstream: string; readonly attempts: number }>();

  constructor(options: AccessLogOptions) {
    this.#options = options;
    const body = options.style.format === "json" ? asJson : asText;
    const priority = options.style.front === "priority" ? "<6>" : "";
    this.#render = (line) => `${priority}${body(line)}\n`;
  }

  /** A client has gone. Returns true if it got a line. */
  visited(visit: Visit): boolean {
    const { ending = "internal", peer, arrivedAt, waitedMs, fetch } = visit;
    if (!this.#isWanted(ending)) return false;
    const { service, clock } = this.#options;
    const isKnown = hasAddress(peer);
    this.#write({
      msg: "client",
      service,
      conn: visit.number,
      fetch,
      client_ip: isKnown ? peer.host : undefined,
      client_port: isKnown ? peer.port : undefined,
      request: this.#shown(visit.request),
      cache: visit.status,
      age_s: seconds(visit.age),
      ...(waitedMs !== undefined && fetch !== undefined && this.#fetches.get(fetch)),
      wait_s: seconds(waitedMs),
      total_s: seconds(arrivedAt === undefined ? undefined : clock.now() - arrivedAt),
      bytes_in: visit.bytesIn,
      bytes_out: visit.bytesOut,
      ending,
    });
    return true;
  }

  /** A fetch succeeded. Returns true if it has a line now, or will have one when it lands. */
  fetched(record: FetchRecord): boolean {
    this.#noteFetch(record, "ok");
    return this.#options.mode === "all";
  }

  /** A fetch failed. Returns false, so that the log gets the warning as well. */
  fetchFailed(record: FetchRecord): boolean {
    this.#noteFetch(record, endingOf(record.error));
    return false;
  }

  /** The waiters of a fetch are about to get its outcome. */
  landed({ wish, waiters, why, error }: FetchLanding): boolean {
    const record = this.#landing.get(wish);
    const ending = error === undefined ? "ok" : endingOf(error);
    if (record && this.#isWanted(ending)) this.#writeFetch(record, ending, waiters, why);
    return this.#isWanted(ending);
  }

  #noteFetch(record: FetchRecord, ending: Ending): void {
    this.#remember(record);
    if (record.wish.cause !== "pass") this.#landing.set(record.wish, record);
    else if (this.#isWanted(ending)) this.#writeFetch(record, ending, 1);
  }

  #writeFetch(record: FetchRecord, ending: Ending, waiters: number, why?: string): void {
    const { wish, bytes, request } = record;
    const isWhole = ending === "ok";
    const error = isWhole ? undefined : record.error; // An error that a retry got past is not worth reporting.
    this.#write({
      msg: "fetch",
      service: this.#options.service,
      fetch: record.number,
      upstream: formatAddress(record.upstream),
      request: request.bytes.length > 0 ? this.#shown(request.label ?? request.bytes) : undefined,
      cause: wish.cause,
      waiters,
      bytes: isWhole ? bytes : error?.received,
      stored: isWhole && why === undefined && wish.cause !== "pass",
      why_not: why,
      attempts: record.attempts,
      connect_s: seconds(record.connectMs),
      first_byte_s: seconds(record.firstByteMs),
      total_s: seconds(record.ms),
      reason: error?.reason,
      ending,
    });
  }

  #remember({ number, upstream, attempts }: FetchRecord): void {
    this.#fetches.set(number, { upstream: formatAddress(upstream), attempts });
    if (this.#fetches.size <= REMEMBERED) return;
    const [oldest] = this.#fetches.keys();
    this.#fetches.delete(oldest as number);
  }

  #shown(request: Uint8Array | undefined): string | undefined {
    const shown = request && this.#options.show(request, SHOWN_BY_ACCESS_LOG);
    return shown === "" && request?.length ? undefined : shown;
  }

  #isWanted(ending: Ending): boolean {
    return this.#options.mode === "all" || ENDINGS[ending].isError;
  }

  #write(line: ClientLine | FetchLine): void {
    this.#options.write(this.#render(line));
  }
}

/** Milliseconds as seconds, with at most six digits behind the point. */
function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1e6;
}
