import { Cache, type RefreshOptions } from "../../cache/cache.ts";
import { fail, type Deferred, type Failure } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import { ENDINGS } from "../../net/ending.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame } from "../../protocols/frame.ts";
import type { PortEvents } from "../events.ts";
import { DEFAULT_ANSWERS, type AnswerOptions } from "../fetch/answer-rules.ts";
import { endLive } from "../fetch/end-live.ts";
import type { FetchEvents } from "../fetch/events.ts";
import { fetchingFrom, type Fetching, type FetchOptions } from "../fetch/fetch.ts";
import type { Fetched } from "../fetch/layer.ts";
import type { FetchWish } from "../fetch/record.ts";
import { DEFAULT_TIMEOUTS } from "../fetch/trip.ts";
import { RefusalError, type Refusal } from "../fetch/upstreams/refusal.ts";
import type { Observer } from "../observer.ts";
import { PortService, type PortServiceOptions } from "../port-service.ts";
import { answerClient, type Answering, type Sent, type VisitStatus } from "../visit/answering.ts";
import { Asking, refuse, type AskingOptions } from "../visit/asking.ts";
import { crowdFor, type VisitorLimits } from "../visit/crowd.ts";
import type { VisitEvents } from "../visit/events.ts";
import { LiveAnswer } from "../visit/live-answer.ts";
import { Pipe } from "../visit/pipe.ts";
import { IGNORES_INPUT } from "../visit/waiting.ts";
import type { ProxyEvents } from "./events.ts";
import { requestKind, type RequestKind, type RequestRules } from "./requests.ts";

/** What passes through as it comes. */
export interface PipeLimits {
  /** Pipes at a time; absent: as many as fetches. */
  readonly max?: number | undefined;
  /** Milliseconds without a byte in either direction; 0 = no limit. */
  readonly idleTimeout: number;
}

/** How much a proxy keeps. */
export interface KeepOptions extends RefreshOptions {
  /** Bytes of all answers kept. */
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
  /** Whether clients get an answer as it comes in, and see a prefix and a reset where it breaks off. */
  readonly stream: boolean;
  readonly observer: ProxyObserver;
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

const DEFAULT_PIPES: PipeLimits = { idleTimeout: 300_000 };

/** Stands for the request where clients send none. */
const NO_REQUEST: Frame = { bytes: new Uint8Array(0), isTerminated: true };

const PASS: FetchWish = { cause: "pass", newerThan: 0 };

/** A caching proxy: answers from its cache at once, or shares one fetch among all who ask the same meanwhile. */
export class Proxy extends PortService {
  readonly #options: ProxyOptions;
  readonly #requests: RequestKind | undefined;
  readonly #fetching: Fetching;
  readonly #cache: Cache<Frame, Fetched>;
  readonly #lives = new Map<string, LiveAnswer>();
  readonly #asking: AskingOptions;
  #pipes = 0;
  protected override readonly wholeAnswers: boolean;

  constructor(options: ProxyOptions) {
    super(options, crowdFor(options.listen.limits));
    this.#options = options;
    this.wholeAnswers = !options.stream;
    const { clock, observer, requests, random } = options;
    this.#requests = "framing" in requests ? requestKind(requests) : requests;
    this.#asking = {
      clock,
      requestTimeout: this.#requests?.requestTimeout ?? 0,
      asked: (request, visit) => this.#answerRequest(visit, request),
    };
    this.#fetching = fetchingFrom(options.fetch, options);
    const { maxMemory, ...keep } = options.cache;
    this.#cache = new Cache(
      {
        ...keep,
        clock,
        random,
        maxBytes: maxMemory,
        weigh: ({ bytes }) => bytes.byteLength,
        saysNothing: (error) => error instanceof RefusalError && error.isRepeated,
        notKept: ({ number, bytes }, why) => observer.notKept({ fetch: number, bytes: bytes.length, why }),
      },
      options.stream
        ? (request, wish, key) => this.#fetchLive(key, request, wish)
        : (request, wish) => this.#fetching.fetch(request, wish),
    );
  }

  /** Answers kept now. */
  get entries(): number {
    return this.#cache.entries;
  }

  /** Bytes of all answers kept, keys and bookkeeping included. */
  get bytes(): number {
    return this.#cache.bytes;
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

  /** Forgets all answers; a fetch under way still reaches those who wait for it, but is not kept. */
  purge(): void {
    this.#cache.purge();
  }

  protected override announce(address: Address): void {
    this.#options.observer.proxying({ upstreams: this.#options.fetch.upstreams, address });
  }

  /** Without requests a hit is written before this returns: its Deferred has fired already. */
  protected override serve(visit: Transport): Protocol {
    const requests = this.#requests;
    if (requests) return new Asking(visit, requests.reader(), this.#asking);
    return answerClient(visit, this.#lookUp("", NO_REQUEST), this.#options);
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
    return answerClient(visit, isShared ? this.#lookUp(key, request) : this.#pass(request), this.#options);
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
  #pass(request: Frame): Answering {
    const live = this.#options.stream ? this.#newLive() : undefined;
    const fetched = this.#fetching.fetch(request, PASS, live);
    const answer = (live ? finishing(live, fetched) : fetched).addCallback((value) => ({
      value,
      status: "pass" as const,
    }));
    return { status: "pass", answer: this.#orRefusal(answer, "pass"), live };
  }

  /** Where the upstream refuses to answer and nothing stands in, those who wait get to read that. */
  #orRefusal(answer: Deferred<Sent>, status: VisitStatus): Deferred<Sent> {
    if (!this.#options.answers.refusal) return answer;
    return answer.addErrback((failure): Sent | Failure => {
      const { value: error } = failure;
      if (!(error instanceof RefusalError && error.answer)) return failure;
      const value = { bytes: error.answer, number: error.fetch ?? 0 };
      return { value, status: error.isRepeated ? "hit" : status };
    });
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
    if (refusal) return answerClient(visit, this.#repeat(refusal, request), this.#options);
    visit.status = "pass";
    observer.piping(visit);
    this.#pipes++;
    return new Pipe(visit, request, {
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

/** Ends those who read along with a fetch that did not get its turn, too. */
function finishing(live: LiveAnswer, fetched: Deferred<Fetched>): Deferred<Fetched> {
  return fetched.addBoth((outcome) => {
    endLive(live, outcome);
    return outcome;
  });
}
