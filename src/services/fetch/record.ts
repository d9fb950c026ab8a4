import { isUnix, type Address, type Route } from "../../net/address.ts";
import type { AnswerText } from "./answer-text.ts";
import type { Frame } from "../../protocols/frame.ts";
import { FetchError, type FetchFailure } from "./errors.ts";
import type { Ending } from "../../net/ending.ts";
import type { Meter } from "../../protocols/buffers/meter.ts";
import type { Sink } from "../../protocols/one-shot.ts";
import type { Search } from "./upstreams/search.ts";
import type { Delivery, Source } from "../intake.ts";

/** Why there is a fetch: nothing to serve, an ageing entry, or a request that is fetched for one client only. */
export type FetchCause = "miss" | "refresh" | "pass";

/** The purpose of a fetch. */
export interface FetchWish {
  readonly cause: FetchCause;
  /**
   * The number of the fetch whose answer is to be replaced: only the answer of a later fetch will do. 0: any will do.
   */
  readonly newerThan: number;
  /** The connection of the only client that it serves; absent: several may wait for it. */
  readonly route?: Route | undefined;
  /** The number to give the answer; absent: that of the fetch. */
  number?: number;
  /** Called when it gets its turn. */
  readonly begun?: () => void;
}

/** An answer that is passed on as it arrives. */
export interface LiveSink extends Sink<Uint8Array> {
  /** Whether a byte may have reached a client; if so, the fetch must not be retried. */
  readonly hasBegun: boolean;
  /** Sets the source of its bytes, which is paused while readers are behind, and the meter of its memory. */
  setSource(source: Source, meter: Meter): void;
  /** The fetch is over: `ok`, or why it failed. */
  finish(ending: Ending): void;
}

/** One fetch from start to end. Its layers record their findings here, and events carry it. */
export class FetchRecord {
  /** How many times an address was tried. */
  attempts = 0;
  /** Its search through the upstreams; set by the first attempt. */
  search: Search | undefined = undefined;
  /** The address in use, or used last. */
  address: Address | undefined = undefined;
  /** Time limit for connecting to it, in milliseconds; 0: none. */
  connectWithin = 0;
  /** When it got its turn, by the clock's milliseconds; undefined until then. */
  startedAt: number | undefined = undefined;
  /** When it must have ended, by the clock's milliseconds; Infinity: no limit. */
  deadline = Infinity;
  /** Milliseconds that the last attempt took to connect; undefined until it has. */
  connectMs: number | undefined = undefined;
  /** Milliseconds from the start of the last attempt to its first byte. */
  firstByteMs: number | undefined = undefined;
  /** Milliseconds from when it got its turn to the end of the last attempt. */
  ms = 0;
  /** Length of the complete answer as received. */
  bytes: number | undefined = undefined;
  /** The complete answer as received, before it is transformed. */
  answer: AnswerText | undefined = undefined;
  /** Why the last attempt, or the whole fetch, failed. */
  error: FetchError | undefined = undefined;
  /** Accounts for the memory of its answer. */
  delivery: Delivery | undefined = undefined;

  /**
   * @param number the id of the fetch: later fetches have larger ones
   * @param upstream the first one to try; from the first attempt on, the one tried last
   * @param live takes the answer as it arrives, for clients that stream it
   */
  constructor(
    readonly number: number,
    readonly request: Frame,
    readonly wish: FetchWish,
    public upstream: Address,
    readonly live?: LiveSink,
  ) {}

  /** An error that says why it failed, after `received` bytes. */
  failure(reason: FetchFailure, received: number, detail: string): FetchError {
    return new FetchError(this.upstream, reason, received, whichOf(this) + detail);
  }
}

/** A prefix for messages: the address that was tried, if the upstream may have several. */
export function whichOf({ upstream, address }: Pick<FetchRecord, "upstream" | "address">): string {
  return address === undefined || address === upstream || isUnix(address) ? "" : `${address.host}: `;
}
