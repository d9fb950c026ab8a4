import type { Address } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import { collect, type Sink } from "../../protocols/one-shot.ts";
import type { Clock } from "../../time/clock.ts";
import type { Meter } from "../../protocols/buffers/meter.ts";
import type { Memory } from "../memory.ts";
import type { Observer } from "../observer.ts";
import type { AnswerOptions } from "./answer-rules.ts";
import type { FetchEvents } from "./events.ts";
import { FetchGate, gated } from "./gate.ts";
import { judged } from "./judged.ts";
import { metered } from "./metered.ts";
import type { Fetch, Layer } from "./layer.ts";
import { reported } from "./reported.ts";
import { retried } from "./retried.ts";
import { tripTo, type FetchTimeouts } from "./trip.ts";
import { failingOver } from "./upstreams.ts";

/** Whom a proxy asks, and how hard it tries. */
export interface FetchOptions {
  /** One or more. */
  readonly upstreams: readonly Address[];
  readonly timeouts: FetchTimeouts;
  /** Fetches at a time. */
  readonly maxFetches: number;
  /** How many more may wait for their turn; the next one fails at once. */
  readonly maxQueue: number;
  /** Attempts that may follow a failed one, within the total timeout. */
  readonly retries: number;
  /** How an answer of at most so many bytes is read; default: it is every byte until the end. Not for live ones. */
  readonly sink?: (maxAnswer: number, meter: Meter) => Sink<Uint8Array>;
  /** What becomes of an answer before anyone sees it. Not for live ones. */
  readonly transform?: Layer | undefined;
}

export interface FetchSurroundings {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly observer: Observer<FetchEvents>;
  readonly answers: AnswerOptions;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
}

/** What comes from a socket belongs to nobody else. */
function collectOwn(maxAnswer: number, meter: Meter): Sink<Uint8Array> {
  return collect(maxAnswer, meter, true);
}

/** Everything between a miss and the upstreams, from the outside in. */
export function fetchFrom(options: FetchOptions, surroundings: FetchSurroundings): Fetch {
  const { upstreams, maxFetches, maxQueue, sink = collectOwn, transform = (inner) => inner } = options;
  const { answers, memory } = surroundings;
  return reported(
    { ...surroundings, firstUpstream: upstreams[0] as Address }, // number, failures, lifetime
    metered(
      memory, // what it takes; without room, the oldest goes on
      gated(
        new FetchGate(maxFetches, maxQueue), // so many at a time; the rest wait or fail
        transform(
          retried(
            { ...surroundings, retries: options.retries, total: options.timeouts.total }, // again, if that may help; fetching, fetched
            failingOver(
              upstreams,
              judged(answers, tripTo({ ...surroundings, timeouts: options.timeouts, sink })), // one connection; what came of it
            ),
          ),
        ),
      ),
    ),
  );
}
