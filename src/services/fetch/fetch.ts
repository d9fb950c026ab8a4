import { familyOf, type Address, type Family } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import { lookUp as lookUpBySystem } from "../../net/system/names.ts";
import { collectOwn, type Sink } from "../../protocols/one-shot.ts";
import type { Clock } from "../../time/clock.ts";
import type { Rate } from "../../time/rate.ts";
import type { Meter } from "../../protocols/buffers/meter.ts";
import type { Memory } from "../memory.ts";
import type { Observer } from "../observer.ts";
import type { ProxyHeaderVersion } from "../../protocols/peers/proxy-header.ts";
import { announcer, type Announce } from "../announced.ts";
import type { AnswerOptions } from "./answer-rules.ts";
import type { FetchEvents } from "./events.ts";
import { FetchGate, gated } from "./gate.ts";
import { judged } from "./judged.ts";
import { dropped, metered } from "./metered.ts";
import type { Fetch, Layer } from "./layer.ts";
import { FetchNumbers, reported } from "./reported.ts";
import { retried } from "./retried.ts";
import { tripTo, type FetchTimeouts } from "./trip.ts";
import { dialling, type Dial } from "./upstreams/dialling.ts";
import { FetchRate } from "./upstreams/fetch-rate.ts";
import { failingOver } from "./upstreams/failing-over.ts";
import { lookUpDetail, Names, type LookUp, type NameOptions } from "./upstreams/names.ts";
import { OneByOne } from "./upstreams/one-by-one.ts";
import { repeated } from "./upstreams/repeated.ts";
import { Upstreams, type Choice } from "./upstreams/upstreams.ts";

/** Which upstreams a proxy fetches from, and how. */
export interface FetchOptions {
  /** One or more, in order of preference. */
  readonly upstreams: readonly Address[];
  /** The version of the PROXY header to send; absent: none. */
  readonly sendProxy?: ProxyHeaderVersion | undefined;
  /** Where each fetch starts in that list. */
  readonly choose: Choice;
  /** How their names are resolved. */
  readonly names: NameOptions;
  /** The literal address of this machine to connect from; absent: chosen by the system. */
  readonly source?: string | undefined;
  readonly timeouts: FetchTimeouts;
  /** Maximum number of concurrent fetches. */
  readonly maxFetches: number;
  /** How many more may queue; further ones fail at once. */
  readonly maxQueue: number;
  /** Limits how often fetches connect, over all upstreams; absent: no limit. */
  readonly rate?: Rate | undefined;
  /** How many times to retry a failed attempt, within the total timeout. */
  readonly retries: number;
  /**
   * Makes the reader of an answer of at most `maxAnswer` bytes; default: reads to the end. Not for streamed answers.
   */
  readonly sink?: (maxAnswer: number, meter: Meter) => Sink<Uint8Array>;
  /** Transforms an answer before anyone sees it. Not for streamed answers. */
  readonly transform?: Layer | undefined;
}

/** What the fetches of a proxy need from outside. */
export interface FetchSurroundings {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly observer: Observer<FetchEvents>;
  readonly answers: AnswerOptions;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
  /** Default: lookUp() of net. */
  readonly lookUp?: LookUp | undefined;
}

/** The parts that survive a reload. */
interface Parts {
  readonly names: Names;
  readonly upstreams: Upstreams;
  readonly oneByOne: OneByOne;
  /** Lets fetches begin. */
  readonly gate: FetchGate;
  readonly rate: FetchRate | undefined;
  readonly numbers: FetchNumbers;
}

/** The upstreams of a proxy and the two ways to use them: `fetch` and `dial`. */
export interface Fetching extends Parts {
  readonly fetch: Fetch;
  /** Connects one client to an upstream. */
  readonly dial: Dial;
  readonly announce: Announce;
}

/**
 * Builds the fetching side of a proxy.
 *
 * @param before the instance to replace, if any: fetches under way continue with its options; holds, numbers and limits
 *   are shared
 */
export function fetchingFrom(
  options: FetchOptions,
  surroundings: FetchSurroundings,
  before?: Fetching,
): Fetching {
  const { clock, observer, connect } = surroundings;
  const parts = before ? renewed(before, options, clock) : partsOf(options, surroundings);
  const { upstreams, oneByOne } = parts;
  const protocolFailed = (error: unknown) => observer.bug(error);
  const announce = announcer(options.sendProxy);
  return {
    ...parts,
    announce,
    fetch: layers(parts, options, { ...surroundings, announce }),
    dial: dialling(upstreams, oneByOne, { clock, connect, protocolFailed, source: options.source }),
  };
}

/** Everything between a miss and the upstreams, from the outside in. */
function layers(
  { upstreams, oneByOne, gate, rate, numbers }: Parts,
  options: FetchOptions,
  surroundings: FetchSurroundings & Pick<Fetching, "announce">,
): Fetch {
  const { timeouts, source, sink = collectOwn, transform = (inner) => inner } = options;
  const { answers, memory } = surroundings;
  const trips = { ...surroundings, timeouts, source, sink };
  return repeated(
    upstreams, // repeats a refusal while all addresses are held down
    reported(
      { ...surroundings, numbers, firstUpstream: options.upstreams[0] as Address }, // number, failures, lifetime
      metered(
        memory, // accounts for memory
        gated(
          gate, // at most N at a time; the rest queue or fail
          transform(
            retried(
              { ...surroundings, retries: options.retries, total: timeouts.total, rate }, // retries
              failingOver(
                { ...surroundings, upstreams, oneByOne, rate }, // moves on to the next address that is not held down
                dropped(judged(answers, tripTo(trips))), // one connection; its answer judged
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

function partsOf(options: FetchOptions, surroundings: FetchSurroundings): Parts {
  const { clock } = surroundings;
  const { timeouts, maxFetches, maxQueue } = options;
  const names = namesOf(options, surroundings);
  const upstreams = new Upstreams(options.upstreams, options.choose, names, clock);
  const oneByOne = new OneByOne(upstreams, { ...surroundings, connectTimeout: timeouts.connect });
  const rate = options.rate && new FetchRate(clock, options.rate);
  const gate = new FetchGate(maxFetches, maxQueue, { clock, patience: timeouts.total, rate });
  return { names, upstreams, oneByOne, gate, rate, numbers: new FetchNumbers() };
}

/** The same parts with new options. */
function renewed(before: Parts, options: FetchOptions, clock: Clock): Parts {
  const { timeouts, source, maxFetches, maxQueue } = options;
  before.names.renew({ ...options.names, only: onlyFrom(source), timeout: timeouts.connect });
  before.upstreams.order(options.choose);
  before.oneByOne.connectWithin(timeouts.connect);
  const rate = options.rate && (before.rate?.renew(options.rate) ?? new FetchRate(clock, options.rate));
  before.gate.resize(maxFetches, maxQueue, { clock, patience: timeouts.total, rate });
  return { ...before, rate };
}

/** The only address family that a connection from `source` can reach. */
function onlyFrom(source: string | undefined): Family | undefined {
  return source === undefined ? undefined : familyOf(source);
}

function namesOf(
  { names, source, timeouts }: FetchOptions,
  { clock, observer, random = Math.random, lookUp = lookUpBySystem }: FetchSurroundings,
): Names {
  return new Names({
    ...names,
    only: onlyFrom(source),
    clock,
    random,
    lookUp,
    timeout: timeouts.connect,
    failed: (host, error, addresses) =>
      observer.lookUpFailed({ host, detail: lookUpDetail(error), addresses }),
  });
}
