import { Cache, type Foresight } from "../../cache/cache.ts";
import type { Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame, FrameReader } from "../../protocols/frame.ts";
import type { Fold } from "../../protocols/fold.ts";
import type { TextCut, TextTest } from "../../protocols/pattern.ts";
import { RequestMemo } from "../../protocols/request-memo.ts";
import { nameRequest, requestReader, type Framing } from "../../protocols/request.ts";
import { lifetimeOf } from "../fetch/answer-rules.ts";
import { Asking, type AskingOptions, type BadRequest } from "../visit/asking.ts";
import { Fetcher, type FetcherOptions } from "../fetch/fetch.ts";
import { ListeningService, type ListeningOptions } from "../port-service.ts";
import { LiveAnswer } from "../visit/live-answer.ts";
import type { ServiceEvent } from "../service.ts";
import { DEFAULT_PATIENCE } from "../fetch/trip.ts";
import { answerClient, IGNORANCE, type Answering } from "../visit/answering.ts";

export interface ProxyOptions extends ListeningOptions, FetcherOptions, Foresight {
  /** Bytes of all answers kept. */
  readonly maxMemory: number;
  /** Whether clients get an answer as it comes in, and see a prefix and a reset where it breaks off. */
  readonly stream: boolean;
  /** Answers kept; Infinity: as many as there is room for. */
  readonly maxEntries: number;
  readonly requests: RequestRules;
}

/** What clients may ask, and which of their requests are the same. */
export interface RequestRules {
  readonly framing: Framing;
  /** Bytes of the longest request; absent: what is usual for the framing. */
  readonly maxRequest?: number | undefined;
  /** Milliseconds a client may take to send its request. */
  readonly requestTimeout: number;
  readonly folds: readonly Fold[];
  /** Leaves a part of the folded text out. */
  readonly keyDrop?: TextCut | undefined;
  /** The line ends that the upstream gets; default: CR LF. */
  readonly eol?: "\n" | "\r\n" | undefined;
  /** Requests whose folded text does not match are reset, and the upstream never hears of them. */
  readonly allow?: TextTest | undefined;
  /** Requests whose text does not match are fetched for each client alone, and not kept. */
  readonly cacheable?: TextTest | undefined;
}

/**
 * What a proxy makes of a request: its key, whether all who ask it share the answer and, if they do, what the upstream
 * gets instead of one client's own bytes; or why nobody gets an answer.
 */
export type Verdict =
  | { readonly key: string; readonly isShared: boolean; readonly sent?: Frame }
  | { readonly refused: BadRequest };

/** What a proxy does unless it is told otherwise: no requests, one answer kept for two hours. */
export const PROXY_DEFAULTS = {
  ...DEFAULT_PATIENCE,
  ttl: 7_200_000,
  grace: 0,
  ttlFor: [],
  maxAnswer: 2 ** 26,
  acceptsEmpty: false,
  maxMemory: 2 ** 28,
  maxEntries: Infinity,
  stream: false,
  maxFetches: 64,
  maxQueue: 1024,
  retries: 1,
  requests: { framing: "none", requestTimeout: 10_000, folds: [] },
} as const satisfies Partial<ProxyOptions>;

/** What the clients of a port without requests have in common: they all ask for the same. */
const THE_POEM: Frame = { bytes: new Uint8Array(0), isTerminated: true };

/** A caching proxy: answers from its cache at once, or shares one fetch among all who ask the same meanwhile. */
export class Proxy extends ListeningService {
  readonly #options: ProxyOptions;
  readonly #cache: Cache<Uint8Array>;
  readonly #fetcher: Fetcher;
  readonly #lives = new Map<string, LiveAnswer>();
  readonly #asking: AskingOptions;
  readonly #verdicts = new RequestMemo<Verdict>();
  protected override readonly wholeAnswers: boolean;

  constructor(options: ProxyOptions) {
    super(options);
    this.#options = options;
    this.wholeAnswers = !options.stream;
    this.#fetcher = new Fetcher(options);
    const { clock, observer, requests } = options;
    this.#asking = {
      clock,
      requestTimeout: requests.requestTimeout,
      asked: (request, transport) => this.#answerRequest(transport, request),
      refused: (why, client) => observer({ what: "bad-request", why, client }),
    };
    this.#cache = new Cache({
      ...options,
      maxBytes: options.maxMemory,
      weigh: (answer) => answer.byteLength,
      lifetimeOf: (answer) => lifetimeOf(answer, options),
    });
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

  /** Forgets all answers; a fetch under way still reaches those who wait for it, but is not kept. */
  purge(): void {
    this.#cache.purge();
  }

  protected override announcement(address: Address): ServiceEvent {
    return { what: "proxying", upstream: this.#options.upstream, address };
  }

  /** Without requests a hit is written before this returns: its Deferred has fired already. */
  protected override serve(transport: Transport): Protocol {
    const { framing, maxRequest } = this.#options.requests;
    if (framing !== "none") return new Asking(transport, this.reader(framing, maxRequest), this.#asking);
    return answerClient(transport, this.#lookUp("", THE_POEM), this.#options.observer);
  }

  /** Reads one request. */
  protected reader(framing: Exclude<Framing, "none">, maxRequest?: number): FrameReader {
    return requestReader(framing, maxRequest);
  }

  /** What to make of a request. */
  protected judge(request: Frame): Verdict {
    return this.#verdicts.of(request, (frame) => this.#judge(frame));
  }

  #judge(request: Frame): Verdict {
    const { allow, cacheable } = this.#options.requests;
    const { asked, text, key, bytesToSend } = nameRequest(request, this.#options.requests);
    if (allow?.test(asked) === false) {
      return { refused: { reason: "not_allowed", detail: "it is not one that --allow lets through" } };
    }
    const isShared = cacheable === undefined || cacheable.test(text);
    return { key, isShared, sent: { ...request, bytes: bytesToSend } };
  }

  #answerRequest(transport: Transport, request: Frame): Protocol {
    const { observer } = this.#options;
    const verdict = this.judge(request);
    if ("refused" in verdict) {
      observer({ what: "bad-request", why: verdict.refused, client: transport });
      transport.abort();
      return IGNORANCE;
    }
    const { key, isShared, sent = request } = verdict;
    const answering = isShared ? this.#lookUp(key, sent) : this.#pass(request);
    return answerClient(transport, answering, observer);
  }

  #lookUp(key: string, request: Frame): Answering {
    if (!this.#options.stream) return this.#cache.get(key, () => this.#fetcher.fetch(request));
    const lookup: Answering & { hasStandIn?: boolean } = this.#cache.get(key, () =>
      this.#fetchLive(key, request),
    );
    // Half of a new answer and then an old one would be no answer.
    return lookup.hasStandIn ? lookup : Object.assign(lookup, { live: this.#lives.get(key) });
  }

  #fetchLive(key: string, request: Frame): Deferred<Uint8Array> {
    const live = this.#newLive();
    this.#lives.set(key, live);
    return this.#fetcher.fetch(request, true, live).addBoth((outcome) => {
      this.#lives.delete(key);
      return outcome;
    });
  }

  /** For this client alone: nobody else gets the answer, and if the client goes, so does the fetch. */
  #pass(request: Frame): Answering {
    const live = this.#options.stream ? this.#newLive() : undefined;
    return { answer: "pass", value: this.#fetcher.fetch(request, false, live), live };
  }

  #newLive(): LiveAnswer {
    return new LiveAnswer(this.#options.clock, this.#options.maxAnswer);
  }
}
