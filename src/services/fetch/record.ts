import { isUnix, type Address, type Route } from "../../net/address.ts";
import type { AnswerText } from "./answer-text.ts";
import type { Frame } from "../../protocols/frame.ts";
import { FetchError, type FetchFailure } from "./errors.ts";
import type { Ending } from "../../net/ending.ts";
import type { Meter } from "../../protocols/buffers/meter.ts";
import type { Sink } from "../../protocols/one-shot.ts";
import type { Search } from "./upstreams/search.ts";
import type { Delivery, Source } from "../intake.ts";

/** Why there is a fetch: nothing to serve, an entry that is getting old, or a request of one client alone. */
export type FetchCause = "miss" | "refresh" | "pass";

/** The purpose of a fetch. */
export interface FetchWish {
  readonly cause: FetchCause;
  /** The number of the fetch whose answer is to be replaced: only a newer one will do. 0: any answer will. */
  readonly newerThan: number;
  /** The connection of the only client it is for; absent: several may wait for it. */
  readonly route?: Route | undefined;
  /** The number that the answer must have; absent: that of the fetch. */
  number?: number;
  /** Called when its turn has come. */
  readonly begun?: () => void;
}

/** An answer that is passed on as it arrives. */
export interface LiveSink extends Sink<Uint8Array> {
  /** Whether a byte may have reached a client; if so, no upstream must be asked again. */
  readonly hasBegun: boolean;
  /** Sets the source of its bytes, which is paused while readers are behind, and the meter of its memory. */
  setSource(source: Source, meter: Meter): void;
  /** The fetch is over: `ok`, or why it failed. */
  finish(ending: Ending): void;
}

/** One fetch from beginning to end: the layers note their findings on it, and it is the subject of events. */
export class FetchRecord {
  /** How many attempts there were to ask an address. */
  attempts = 0;
  /** Its search through the upstreams, from its first attempt on. */
  search: Search | undefined = undefined;
  /** The address that is being asked, or was asked last. */
  address: Address | undefined = undefined;
  /** Time limit for connecting to it, in milliseconds; 0: none. */
  connectWithin = 0;
  /** The clock's milliseconds when its turn came; undefined until then. */
  startedAt: number | undefined = undefined;
  /** The clock's milliseconds when it has to be over; Infinity: no limit. */
  deadline = Infinity;
  /** Milliseconds that the last attempt took to connect; undefined until it has. */
  connectMs: number | undefined = undefined;
  /** Milliseconds from the last attempt's beginning to its first byte. */
  firstByteMs: number | undefined = undefined;
  /** Milliseconds from its turn to the end of the last attempt. */
  ms = 0;
  /** Bytes of the whole answer as it came. */
  bytes: number | undefined = undefined;
  /** The whole answer, once it is there: before it is transformed. */
  answer: AnswerText | undefined = undefined;
  /** Why the last attempt failed, or all of it. */
  error: FetchError | undefined = undefined;
  /** The memory that it takes. */
  delivery: Delivery | undefined = undefined;

  /**
   * @param number the id of the fetch: a larger one began later
   * @param upstream the first one to ask; from the first attempt on, the one asked last
   * @param live takes the answer as it arrives, for the clients that stream it
   */
  constructor(
    readonly number: number,
    readonly request: Frame,
    readonly wish: FetchWish,
    public upstream: Address,
    readonly live?: LiveSink,
  ) {}

  /** Its failure, after `received` bytes. */
  failure(reason: FetchFailure, received: number, detail: string): FetchError {
    return new FetchError(this.upstream, reason, received, whichOf(this) + detail);
  }
}

/** Names the address that was asked, if its upstream has several: a prefix for messages. */
export function whichOf({ upstream, address }: Pick<FetchRecord, "upstream" | "address">): string {
  return address === undefined || address === upstream || isUnix(address) ? "" : `${address.host}: `;
}
