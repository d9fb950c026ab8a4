import { Cache, type RefreshOptions } from "../../cache/cache.ts";
import { fail, type Deferred } from "../../deferred/mod.ts";
import { isUnix, type Address } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import { ENDINGS } from "../../net/ending.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame } from "../../protocols/frame.ts";
import type { Budget } from "../budget.ts";
import type { PortEvents } from "../events.ts";
import { routeOf } from "../announced.ts";
import { DEFAULT_ANSWERS, type AnswerOptions } from "../fetch/answer-rules.ts";
import { finishing } from "../fetch/end-live.ts";
import type { FetchEvents } from "../fetch/events.ts";
import { fetchingFrom, type Fetching, type FetchOptions } from "../fetch/fetch.ts";
import type { Fetched } from "../fetch/layer.ts";
import type { FetchWish } from "../fetch/record.ts";
import { DEFAULT_TIMEOUTS } from "../fetch/trip.ts";
import type { Refusal } from "../fetch/upstreams/refusal.ts";
import type { Figures } from "../figures.ts";
import type { Holds } from "../holds.ts";
import type { KeptAnswers } from "../kept-answers.ts";
import { Memory } from "../memory.ts";
import type { Observer } from "../observer.ts";
import { PortService, type PortServiceOptions } from "../port-service.ts";
import {
  answerClient,
  type Answering,
  type AnsweringOptions,
  type Sent,
  type VisitStatus,
} from "../visit/answering.ts";
import { Asking, refuse, type AskingOptions } from "../visit/asking.ts";
import { crowdFor, type VisitorLimits } from "../visit/crowd.ts";
import { behindProxies } from "../visit/reception.ts";
import type { VisitEvents } from "../visit/events.ts";
import { LiveAnswer } from "../visit/live-answer.ts";
import { DEFAULT_PIPES, Pipe, type PipeLimits } from "../visit/pipe.ts";
import { IGNORES_INPUT } from "../visit/waiting.ts";
import type { ProxyEvents } from "./events.ts";
import { Kept } from "./kept.ts";
import { forgetElsewhere, NO_LEVELS, throughAll, type SecondLevels } from "./second-levels.ts";
import { orRefusal } from "./or-refusal.ts";
import { asTold, figuresOf, saysNothing } from "./telling.ts";
import { requestKind, type RequestKind, type RequestRules } from "./requests.ts";

/** How much a proxy keeps. */
export interface KeepOptions extends RefreshOptions {
  /** Bytes of all that is held: answers kept, coming in, or being sent, and requests. */
  readonly maxMemory: number;
  /** Answers kept; Infinity: as many as there is room for. */
  readonly maxEntries: number;
}

/** Everything that a proxy tells. */
export type ProxyObserver = Observer<PortEvents & VisitEvents & FetchEvents & ProxyEvents>;

export interface ProxyOptions extends PortServiceOptions<VisitorLimits> {
  /** What clients may ask. */
  readonly requests: RequestRules | RequestKind;
  readonly cache: KeepOptions;
  readonly answers: AnswerOptions;
  readonly fetch: FetchOptions;
  /** Default: as many as fetches, 5 minutes. */
  readonly pipes?: PipeLimits;
  /** Default: none. They do not go together with `stream`. */
  readonly secondLevels?: SecondLevels | undefined;
  /** Whether clients get an answer as it comes in, and see a prefix and a reset where it breaks off. */
  readonly stream: boolean;
  readonly observer: ProxyObserver;
  /** What all services of the process share. */
  readonly processMemory?: Budget | undefined;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
}

/** What a proxy does unless it is told otherwise: no requests, one answer kept for two hours. */
export const PROXY_DEFAULTS = {
  requests: { framing: "none", requestTimeout: 10_000, folds: [] },
  cache: { maxMemory: 2 ** 28, maxEntries: Infinity },
  answers: DEFAULT_ANSWERS,
  fetch: {
    choose: "first",
    names: { ttl: 30_000 },
    timeouts: DEFAULT_TIMEOUTS,
    maxFetches: 64,
    maxQueue: 1024,
    retries: 1,
  },
  stream: false,
} as const;

/** Stands for the request where clients send none. */
const NO_REQUEST: Frame = { bytes: new Uint8Array(0), isTerminated: true };

const PASS: FetchWish = { cause: "pass", newerThan: 0 };

/** A caching proxy: answers from its cache at once, or shares one fetch among all who ask the same meanwhile. */
export class Proxy extends PortService {
  readonly #options: ProxyOptions;
  readonly #memory: Memory;
  readonly #answering: AnsweringOptions;
  readonly #requests: RequestKind | undefined;
  readonly #fetching: Fetching;
  readonly #cache: Cache<Frame, Fetched>;
  readonly kept: KeptAnswers;
  readonly #lives = new Map<string, LiveAnswer>();
  readonly #asking: AskingOptions;
  #pipes = 0;
  protected override readonly wholeAnswers: boolean;

  constructor(options: ProxyOptions) {
    const { limits, proxies } = options.listen;
    super(options, behindProxies(crowdFor(limits), proxies, options.clock));
    this.#options = options;
    this.wholeAnswers = !options.stream;
    const { clock, observer, requests, random, answers, secondLevels = NO_LEVELS } = options;
    const { maxMemory, ...keep } = options.cache;
    const memory = new Memory({
      limit: maxMemory,
      maxAnswer: answers.maxAnswer,
      parent: options.processMemory,
    });
    this.#memory = memory;
    this.#answering = { clock, observer, unread: memory.unread };
    this.#requests = "framing" in requests ? requestKind(requests) : requests;
    this.#asking = {
      clock,
      budget: memory.budget,
      reader: (meter) => (this.#requests as RequestKind).reader(meter),
      requestTimeout: this.#requests?.requestTimeout ?? 0,
      asked: (request, visit) => this.#answerRequest(visit, request),
    };
    this.#fetching = fetchingFrom(options.fetch, { ...options, memory });
    this.#cache = new Cache(
      {
        ...keep,
        clock,
        random,
        maxBytes: maxMemory,
        weigh: ({ bytes }) => bytes.byteLength,
        saysNothing,
        makeRoom: (bytes) => memory.budget.makeRoom(bytes),
        dropped: (value) => memory.unread.dropped(value),
        notKept: ({ fetch, bytes }, why) => observer.notKept({ fetch, bytes: bytes.length, why }),
        landed: (landing) => observer.landed(asTold(landing)),
      },
      options.stream
        ? (request, wish, key) => this.#fetchLive(key, request, wish)
        : throughAll(secondLevels, answers, (request, wish) => this.#fetching.fetch(request, wish)),
    );
    forgetElsewhere(secondLevels, this.#cache);
    memory.budget.shareWith(this.#cache);
    this.kept = new Kept(this.#cache, (typed) => this.#requests?.keysOf(typed) ?? [], secondLevels);
  }

  /** Answers kept now. */
  get entries(): number {
    return this.#cache.entries;
  }

  /** Bytes of all answers kept, keys and bookkeeping included. */
  get bytes(): number {
    return this.#cache.bytes;
  }

  /** Bytes held besides: answers that come in or are not read, and requests. */
  get bytesHeld(): number {
    return this.#memory.budget.used;
  }

  /** Fetches under way or waiting for their turn. */
  get flights(): number {
    return this.#cache.flights;
  }

  /** Clients that wait for a fetch they share. */
  get waiters(): number {
    return this.#cache.waiters;
  }

  /** Clients whose requests pass through. */
  get pipes(): number {
    return this.#pipes;
  }

  get holds(): Holds {
    return this.#fetching.upstreams;
  }

  override figures(): Figures {
    const { maxMemory } = this.#options.cache;
    return { ...super.figures(), pipes: this.#pipes, ...figuresOf(this.#cache, this.#fetching, maxMemory) };
  }

  /** Forgets all answers; a fetch under way still reaches those who wait for it, but is not kept. */
  purge(): void {
    this.#cache.purge();
  }

  protected override announce(address: Address): void {
    const { observer, answers, fetch } = this.#options;
    observer.proxying({ upstreams: fetch.upstreams, address });
    if (answers.acceptsEmpty && isUnix(address)) observer.emptyMeansTwo({ address });
  }

  /** Without requests a hit is written before this returns: its Deferred has fired already. */
  protected override serve(visit: Transport): Protocol {
    if (this.#requests) return new Asking(visit, this.#asking);
    return answerClient(visit, this.#lookUp("", NO_REQUEST), this.#answering);
  }

  #answerRequest(visit: Transport, asked: Frame): Protocol {
    const verdict = (this.#requests as RequestKind).classify(asked);
    if ("refused" in verdict) {
      refuse(visit, verdict.refused);
      return IGNORES_INPUT;
    }
    if ("piped" in verdict) return this.#pipe(visit, verdict.piped);
    const { key, isShared, request } = verdict;
    if (request.label) visit.request = request.label;
    return answerClient(
      visit,
      isShared ? this.#lookUp(key, request) : this.#pass(visit, request),
      this.#answering,
    );
  }

  #lookUp(key: string, request: Frame): Answering {
    const lookup = this.#cache.get(key, request);
    const { status, hasStandIn, answer } = lookup;
    if (status === "hit" || status === "stale") return lookup;
    // Half of a new answer and then an old one would be no answer.
    const live = this.#options.stream && !hasStandIn ? this.#lives.get(key) : undefined;
    return { status, answer: this.#orRefusal(answer, status), live };
  }

  #fetchLive(key: string, request: Frame, wish: FetchWish): Deferred<Fetched> {
    const live = this.#newLive();
    this.#lives.set(key, live);
    return finishing(live, this.#fetching.fetch(request, wish, live)).addBoth((outcome) => {
      this.#lives.delete(key);
      return outcome;
    });
  }

  /** For this client alone: nobody else gets the answer, and if the client goes, so does the fetch. */
  #pass(visit: Transport, request: Frame): Answering {
    const live = this.#options.stream ? this.#newLive() : undefined;
    const wish = this.#options.fetch.sendProxy ? { ...PASS, route: routeOf(visit) } : PASS;
    const fetched = this.#fetching.fetch(request, wish, live);
    const answer = (live ? finishing(live, fetched) : fetched).addCallback((value) => ({
      value,
      status: "pass" as const,
    }));
    return { status: "pass", answer: this.#orRefusal(answer, "pass"), live };
  }

  /** Where the upstream refuses to answer and nothing stands in, those who wait get to read that. */
  #orRefusal(answer: Deferred<Sent>, status: VisitStatus): Deferred<Sent> {
    return this.#options.answers.refusal ? orRefusal(answer, status) : answer;
  }

  /** Joins the client with an upstream: it is as if there were no proxy. */
  #pipe(visit: Transport, request: Frame): Protocol {
    const { clock, observer, fetch, pipes = DEFAULT_PIPES } = this.#options;
    if (this.#pipes >= (pipes.max ?? fetch.maxFetches)) {
      refuse(visit, { ending: "proxy/pipe/limit", detail: ENDINGS["proxy/pipe/limit"].text });
      return IGNORES_INPUT;
    }
    const { upstreams, dial } = this.#fetching;
    const { refusal } = upstreams;
    if (refusal) return answerClient(visit, this.#repeat(refusal, request), this.#answering);
    visit.status = "pass";
    observer.piping(visit);
    this.#pipes++;
    const route = fetch.sendProxy && routeOf(visit);
    const announced = { ...request, bytes: this.#fetching.announce(request.bytes, route) };
    return new Pipe(visit, announced, {
      clock,
      idleTimeout: pipes.idleTimeout,
      dial: (upstream) => dial(upstream, request),
      over: () => void this.#pipes--,
    }).protocol;
  }

  /** What a pipe would get to hear once more: the upstream is left alone. */
  #repeat(refusal: Refusal, request: Frame): Answering {
    const answer = fail<Sent>(refusal.repeatedFor(request));
    return { status: "pass", answer: this.#orRefusal(answer, "pass") };
  }

  #newLive(): LiveAnswer {
    return new LiveAnswer(this.#options.clock, this.#options.answers.maxAnswer);
  }
}
