import type { Address } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import { collect, type Sink } from "../../protocols/one-shot.ts";
import type { Clock } from "../../time/clock.ts";
import type { Observer } from "../observer.ts";
import type { ProxyHeaderVersion } from "../../protocols/peers/proxy-header.ts";
import { announcer } from "../announced.ts";
import type { AnswerOptions } from "./answer-rules.ts";
import type { FetchEvents } from "./events.ts";
import { FetchGate, gated } from "./gate.ts";
import { judged } from "./judged.ts";
import type { Fetch, Layer } from "./layer.ts";
import { reported } from "./reported.ts";
import { retried } from "./retried.ts";
import { tripTo, type FetchTimeouts } from "./trip.ts";
import { failingOver } from "./upstreams.ts";

/** Whom a proxy asks, and how hard it tries. */
export interface FetchOptions {
  /** One or more. */
  readonly upstreams: readonly Address[];
  /** The version of the PROXY header that they want; absent: none. */
  readonly sendProxy?: ProxyHeaderVersion | undefined;
  readonly timeouts: FetchTimeouts;
  /** Fetches at a time. */
  readonly maxFetches: number;
  /** How many more may wait for their turn; the next one fails at once. */
  readonly maxQueue: number;
  /** Attempts that may follow a failed one, within the total timeout. */
  readonly retries: number;
  /** How an answer of at most so many bytes is read; default: it is every byte until the end. Not for live ones. */
  readonly sink?: (maxAnswer: number) => Sink<Uint8Array>;
  /** What becomes of an answer before anyone sees it. Not for live ones. */
  readonly transform?: Layer | undefined;
}

export interface FetchSurroundings {
  readonly clock: Clock;
  readonly observer: Observer<FetchEvents>;
  readonly answers: AnswerOptions;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
}

/** Everything between a miss and the upstreams, from the outside in. */
export function fetchFrom(options: FetchOptions, surroundings: FetchSurroundings): Fetch {
  const { upstreams, maxFetches, maxQueue, sink = collect, transform = (inner) => inner } = options;
  const { answers } = surroundings;
  const trips = { ...surroundings, timeouts: options.timeouts, announce: announcer(options.sendProxy), sink };
  return reported(
    { ...surroundings, firstUpstream: upstreams[0] as Address }, // number, failures, lifetime
    gated(
      new FetchGate(maxFetches, maxQueue), // so many at a time; the rest wait or fail
      transform(
        retried(
          { ...surroundings, retries: options.retries, total: options.timeouts.total }, // again, if that may help; fetching, fetched
          failingOver(
            upstreams,
            judged(answers, tripTo(trips)), // one connection; what came of it
          ),
        ),
      ),
    ),
  );
}
