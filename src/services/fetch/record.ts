import { isUnix, type Address, type Route } from "../../net/address.ts";
import type { AnswerText } from "./answer-text.ts";
import type { Frame } from "../../protocols/frame.ts";
import { FetchError, type FetchFailure } from "./errors.ts";
import type { Ending } from "../../net/ending.ts";
import type { Meter } from "../../protocols/buffers/meter.ts";
import type { Sink } from "../../protocols/one-shot.ts";
import type { Search } from "./upstreams/search.ts";
import type { Delivery, Source } from "../intake.ts";

/** Why there is a fetch: nothing to serve, something that grows old, or a request of one client alone. */
export type FetchCause = "miss" | "refresh" | "pass";

/** What a fetch is for. */
export interface FetchWish {
  readonly cause: FetchCause;
  /** The number of the fetch whose answer is to be replaced: nothing that old will do. 0: any answer will. */
  readonly newerThan: number;
  /** The connection of the one client that it is for; absent: others may wait for it as well. */
  readonly route?: Route | undefined;
  /** The number that the answer is to have; absent: that of the fetch. */
  number?: number;
  /** Called when its turn has come. */
  readonly begun?: () => void;
}

/** An answer that is passed on while it comes in. */
export interface LiveSink extends Sink<Uint8Array> {
  /** Whether a byte may have reached somebody: then no upstream must be asked again. */
  readonly hasBegun: boolean;
  /** Where its bytes come from: it can be paused while those who read along are behind. The meter is told what it takes. */
  pausing(source: Source, meter: Meter): void;
  /** The fetch is over: `ok`, or why it failed. */
  finish(ending: Ending): void;
}

/** One fetch from its beginning to its end: the layers note on it what they find, and events are told about it. */
export class FetchRecord {
  /** How often an address has been asked, or was to be. */
  attempts = 0;
  /** Its way through the upstreams, from its first attempt on. */
  search: Search | undefined = undefined;
  /** The address that is asked, or was asked last. */
  address: Address | undefined = undefined;
  /** Milliseconds that connecting to it may take; 0: no limit. */
  connectWithin = 0;
  /** The clock's milliseconds when its turn came; undefined as long as it waits for that. */
  startedAt: number | undefined = undefined;
  /** The clock's milliseconds when it has to be over; Infinity: no limit. */
  deadline = Infinity;
  /** Milliseconds that the last attempt took to connect; undefined as long as it has not. */
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
   * @param upstream the one that is asked first; from the first attempt on, the one asked last
   * @param live takes the answer as it comes in, on behalf of those who read along
   */
  constructor(
    readonly number: number,
    readonly request: Frame,
    readonly wish: FetchWish,
    public upstream: Address,
    readonly live?: LiveSink,
  ) {}

  /** How it fails: `received` bytes came before. */
  failure(reason: FetchFailure, received: number, detail: string): FetchError {
    return new FetchError(this.upstream, reason, received, whichOf(this) + detail);
  }
}

/** Which of its upstream's addresses was asked, in front of what happened. */
export function whichOf({ upstream, address }: Pick<FetchRecord, "upstream" | "address">): string {
  return address === undefined || address === upstream || isUnix(address) ? "" : `${address.host}: `;
}
