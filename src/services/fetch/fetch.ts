import type { Address } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import { lookUp } from "../../net/names.ts";
import { collect, type Sink } from "../../protocols/one-shot.ts";
import type { Clock } from "../../time/clock.ts";
import type { Observer } from "../observer.ts";
import type { AnswerOptions } from "./answer-rules.ts";
import type { FetchEvents } from "./events.ts";
import { FetchGate, gated } from "./gate.ts";
import { judged } from "./judged.ts";
import type { Fetch, Layer } from "./layer.ts";
import { reported } from "./reported.ts";
import { retried } from "./retried.ts";
import { tripTo, type FetchTimeouts } from "./trip.ts";
import { dialling, type Dial } from "./upstreams/dialling.ts";
import { failingOver } from "./upstreams/failing-over.ts";
import { lookUpDetail, Names, type NameOptions } from "./upstreams/names.ts";
import { OneByOne } from "./upstreams/one-by-one.ts";
import { repeated } from "./upstreams/repeated.ts";
import { Upstreams, type Choice } from "./upstreams/upstreams.ts";

/** Whom a proxy asks, and how hard it tries. */
export interface FetchOptions {
  /** One or more, in order. */
  readonly upstreams: readonly Address[];
  /** Which of them is asked. */
  readonly choose: Choice;
  /** How their names are resolved. */
  readonly names: NameOptions;
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

/** What a proxy can ask, and the two ways to do that. */
export interface Fetching {
  readonly upstreams: Upstreams;
  readonly fetch: Fetch;
  /** Connects one client with an upstream. */
  readonly dial: Dial;
}

export function fetchingFrom(options: FetchOptions, surroundings: FetchSurroundings): Fetching {
  const { clock, observer, connect } = surroundings;
  const upstreams = upstreamsOf(options, surroundings);
  const oneByOne = new OneByOne(upstreams, { ...surroundings, connectTimeout: options.timeouts.connect });
  const protocolFailed = (error: unknown) => observer.bug(error);
  return {
    upstreams,
    fetch: layers(upstreams, oneByOne, options, surroundings),
    dial: dialling(upstreams, oneByOne, { clock, connect, protocolFailed }),
  };
}

/** Everything between a miss and the upstreams, from the outside in. */
function layers(
  upstreams: Upstreams,
  oneByOne: OneByOne,
  options: FetchOptions,
  surroundings: FetchSurroundings,
): Fetch {
  const { timeouts, maxFetches, maxQueue, sink = collect, transform = (inner) => inner } = options;
  const { answers, clock } = surroundings;
  return repeated(
    upstreams, // the same refusal again, as long as nobody is to be asked
    reported(
      { ...surroundings, firstUpstream: options.upstreams[0] as Address }, // number, failures, lifetime
      gated(
        new FetchGate(maxFetches, maxQueue, { clock, patience: timeouts.total }), // so many at a time; the rest wait or fail
        transform(
          retried(
            { ...surroundings, retries: options.retries, total: timeouts.total }, // again, if that may help; fetching, fetched
            failingOver(
              upstreams,
              oneByOne, // the next address that is not held down
              judged(answers, tripTo({ ...surroundings, timeouts, sink })), // one connection; what came of it
            ),
          ),
        ),
      ),
    ),
  );
}

function upstreamsOf(
  { upstreams, choose, names, timeouts }: FetchOptions,
  { clock, observer, random = Math.random }: FetchSurroundings,
): Upstreams {
  const resolver = new Names({
    ...names,
    clock,
    random,
    lookUp,
    timeout: timeouts.connect,
    failed: (host, error, addresses) =>
      observer.lookUpFailed({ host, detail: lookUpDetail(error), addresses }),
  });
  return new Upstreams(upstreams, choose, resolver, clock);
}
