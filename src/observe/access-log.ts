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

/** Which clients and fetches get a line, and how it is written. */
export interface AccessLogOptions {
  readonly mode: Exclude<AccessMode, "off">;
  readonly service: string;
  readonly style: LineStyle;
  readonly show: Show;
  readonly clock: Pick<Clock, "now">;
  /** Writes one line, with its line end. */
  readonly write: (line: string) => unknown;
}

/** How many finished fetches are remembered for the lines of clients that waited for them. */
const REMEMBERED = 1024;

/** Writes one line for each client, when it has left, and one for each fetch. */
export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #render: (line: ClientLine | FetchLine) => string;
  /** Finished fetches that have not landed: their line also says how many clients waited. */
  readonly #landing = new WeakMap<FetchWish, FetchRecord>();
  /** The last fetches by number. */
  readonly #fetches = new Map<number, { readonly upstream: string; readonly attempts: number }>();

  constructor(options: AccessLogOptions) {
    this.#options = options;
    const body = options.style.format === "json" ? asJson : asText;
    const priority = options.style.front === "priority" ? "<6>" : "";
    this.#render = (line) => `${priority}${body(line)}\n`;
  }

  /** A client has left. Returns true if it got a line. */
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

  /** A fetch succeeded. Returns true if it gets a line, now or when it lands. */
  fetched(record: FetchRecord): boolean {
    this.#noteFetch(record, "ok");
    return this.#options.mode === "all";
  }

  /** A fetch failed. Returns false, so that the log has its warning, too. */
  fetchFailed(record: FetchRecord): boolean {
    this.#noteFetch(record, endingOf(record.error));
    return false;
  }

  /** The waiters of a fetch are about to get its outcome. Returns true if it got a line. */
  landed({ wish, waiters, why, error }: FetchLanding): boolean {
    const record = this.#landing.get(wish);
    const ending = error === undefined ? "ok" : endingOf(error);
    if (record && this.#isWanted(ending)) this.#writeFetch(record, ending, waiters, why);
    return this.#isWanted(ending);
  }

  /** A fetch that does not go through the cache never lands, so its line is written at once. */
  #noteFetch(record: FetchRecord, ending: Ending): void {
    this.#remember(record);
    if (record.wish.cause !== "pass") this.#landing.set(record.wish, record);
    else if (this.#isWanted(ending)) this.#writeFetch(record, ending, 1);
  }

  #writeFetch(record: FetchRecord, ending: Ending, waiters: number, why?: string): void {
    const { wish, bytes, request } = record;
    const isWhole = ending === "ok";
    const error = isWhole ? undefined : record.error; // It may have an error that a retry got past.
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

  /** The request as the settings allow it; undefined if they hide it. */
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

/** Milliseconds as seconds, with at most six decimal places. */
function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1e6;
}
