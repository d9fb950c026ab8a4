import { Cache, type NotKept } from "../../cache/cache.ts";
import type { Load, Wish } from "../../cache/load.ts";
import type { Deferred } from "../../deferred/mod.ts";
import { isUnix, type Address } from "../../net/address.ts";
import { ENDINGS } from "../../net/ending.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame } from "../../protocols/frame.ts";
import { routeOf } from "../announced.ts";
import { finishing } from "../fetch/end-live.ts";
import { fetchingFrom, type Fetching, type FetchSurroundings } from "../fetch/fetch.ts";
import type { Fetched } from "../fetch/layer.ts";
import type { FetchWish } from "../fetch/record.ts";
import type { Figures } from "../figures.ts";
import type { Holds } from "../holds.ts";
import type { KeptAnswers } from "../kept-answers.ts";
import { Memory } from "../memory.ts";
import { PortService } from "../port-service.ts";
import { answerClient, type Answering, type AnsweringOptions } from "../visit/answering.ts";
import { Asking, refuse, type AskingOptions } from "../visit/asking.ts";
import { Welcome } from "../visit/entrance.ts";
import { behindProxies } from "../visit/reception.ts";
import { LiveAnswer } from "../visit/live-answer.ts";
import { DEFAULT_PIPES, Pipe } from "../visit/pipe.ts";
import { IGNORES_INPUT } from "../visit/waiting.ts";
import { Kept } from "./kept.ts";
import type { ProxyOptions } from "./options.ts";
import { Policy } from "./policy.ts";
import type { RequestKind } from "./requests.ts";
import { forgetElsewhere, NO_LEVELS, throughAll, type SecondLevels } from "./second-levels.ts";
import { orRefusal, repeating } from "./refusals.ts";
import { asTold, figuresOf, saysNothing } from "./telling.ts";

/** The request, where clients send none. */
const NO_REQUEST: Frame = { bytes: new Uint8Array(0), isTerminated: true };

const PASS: FetchWish = { cause: "pass", newerThan: 0 };

/**
 * A caching proxy: answers from its cache, or shares one fetch among all clients that send the same request meanwhile.
 */
export class Proxy extends PortService {
  #options: ProxyOptions;
  readonly #welcome: Welcome;
  readonly #policy: Policy;
  readonly #memory: Memory;
  readonly #answering: AnsweringOptions;
  readonly #secondLevels: SecondLevels;
  /** Loads from the second levels, then from an upstream. */
  readonly #levels: Load<Frame, Fetched>;
  readonly #cache: Cache<Frame, Fetched>;
  readonly kept: KeptAnswers;
  readonly #lives = new Map<string, LiveAnswer>();
  #asking: AskingOptions;
  #fetching: Fetching;
  #pipes = 0;

  constructor(options: ProxyOptions) {
    const { clock, observer, random, answers, secondLevels = NO_LEVELS } = options;
    const welcome = new Welcome(options.listen, clock);
    super(options, behindProxies(welcome, options.listen.proxies, clock));
    this.#welcome = welcome;
    this.#options = options;
    this.#secondLevels = secondLevels;
    const { maxMemory, ...keep } = options.cache;
    const memory = new Memory({
      limit: maxMemory,
      maxAnswer: answers.maxAnswer,
      parent: options.processMemory,
      collectGarbage: options.collectGarbage,
    });
    this.#memory = memory;
    this.#answering = { clock, observer, unread: memory.unread };
    this.#policy = new Policy(answers, options.requests);
    this.#asking = this.#askingOptions();
    this.#fetching = fetchingFrom(options.fetch, this.#fetchSurroundings());
    this.#cache = new Cache(
      {
        ...keep,
        clock,
        random,
        maxBytes: maxMemory,
        weigh: ({ bytes }) => bytes.byteLength,
        saysNothing,
        makeRoom: (bytes) => memory.budget.makeRoom(bytes),
        dropped: (value) => memory.unread.dropped(value, value.bytes.byteLength),
        notKept: (value, why) => this.#noteNotKept(value, why),
        landed: (landing) => observer.landed(asTold(landing)),
      },
      (request, wish, key) => this.#load(request, wish, key),
    );
    forgetElsewhere(secondLevels, this.#cache);
    memory.budget.shareWith(this.#cache);
    this.#levels = throughAll(secondLevels, this.#policy.answers, (request, wish) =>
      this.#fetching.fetch(request, wish),
    );
    this.kept = new Kept(this.#cache, (typed) => this.#policy.requests?.keysOf(typed) ?? [], secondLevels);
  }

  /**
   * Changes the options, but not upstreams, keys and transformations. Answers stay for the lifetime they were stored
   * with; fetches and clients continue. Must be followed by `usePorts`.
   */
  renew(options: ProxyOptions): void {
    this.#options = options;
    this.#welcome.renew(options.listen);
    this.#policy.change(options.answers, options.requests);
    this.#asking = this.#askingOptions();
    this.#fetching = fetchingFrom(options.fetch, this.#fetchSurroundings(), this.#fetching);
    const { maxMemory, ...keep } = options.cache;
    this.#memory.budget.resize(maxMemory, options.answers.maxAnswer, options.clock);
    this.#cache.renew({ ...keep, maxBytes: maxMemory });
    this.renewPorts(options, behindProxies(this.#welcome, options.listen.proxies, options.clock));
  }

  override retire(): void {
    super.retire();
    this.#cache.purge();
    this.#memory.budget.leave();
    this.#secondLevels.letGo?.();
  }

  /** How many answers are kept. */
  get entries(): number {
    return this.#cache.entries;
  }

  /** Bytes of all kept answers, with keys and bookkeeping. */
  get bytes(): number {
    return this.#cache.bytes;
  }

  /** Bytes held besides: requests, and answers that arrive or that clients have not read. */
  get bytesHeld(): number {
    return this.#memory.budget.used;
  }

  /** Shared fetches that run or are queued. */
  get flights(): number {
    return this.#cache.flights;
  }

  /** Clients that wait for a shared fetch. */
  get waiters(): number {
    return this.#cache.waiters;
  }

  /** Clients that are connected to an upstream by a pipe. */
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

  /** Drops all answers. A fetch under way still reaches its waiters, but its answer is not kept. */
  purge(): void {
    this.#cache.purge();
  }

  protected override get wholeAnswers(): boolean {
    return !this.#options.stream;
  }

  protected override tellOpen(address: Address): void {
    const { observer, answers, fetch } = this.#options;
    observer.proxying({ upstreams: fetch.upstreams, address });
    if (answers.acceptsEmpty && isUnix(address)) observer.emptyMeansTwo({ address });
  }

  /** Without requests, a hit is written before this returns. */
  protected override serve(visit: Transport): Protocol {
    if (this.#policy.requests) return new Asking(visit, this.#asking);
    return answerClient(visit, this.#lookUp("", NO_REQUEST), this.#answering);
  }

  #askingOptions(): AskingOptions {
    const { requests } = this.#policy;
    return {
      clock: this.#options.clock,
      budget: this.#memory.budget,
      reader: (meter) => (requests as RequestKind).reader(meter),
      requestTimeout: requests?.requestTimeout ?? 0,
      asked: (request, visit) => this.#answerRequest(visit, request),
    };
  }

  #fetchSurroundings(): FetchSurroundings {
    return { ...this.#options, answers: this.#policy.answers, memory: this.#memory };
  }

  #answerRequest(visit: Transport, asked: Frame): Protocol {
    const verdict = (this.#policy.requests as RequestKind).classify(asked);
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
    if (lookup.found) return lookup;
    const { status, hasStandIn, answer } = lookup;
    // With a stand-in no streaming: half a new answer cannot be followed by an old one.
    const live = this.#options.stream && !hasStandIn ? this.#lives.get(key) : undefined;
    return { status, answer: orRefusal(answer, status, this.#policy.answers), live };
  }

  /** Streaming excludes second levels. */
  #load(request: Frame, wish: Wish, key: string): Deferred<Fetched> {
    return this.#options.stream ? this.#fetchLive(key, request, wish) : this.#levels(request, wish, key);
  }

  #fetchLive(key: string, request: Frame, wish: FetchWish): Deferred<Fetched> {
    const live = this.#newLive();
    this.#lives.set(key, live);
    return finishing(live, this.#fetching.fetch(request, wish, live)).addBoth((outcome) => {
      this.#lives.delete(key);
      return outcome;
    });
  }

  /** Fetches for this client alone. If the client leaves, the fetch is cancelled. */
  #pass(visit: Transport, request: Frame): Answering {
    const live = this.#options.stream ? this.#newLive() : undefined;
    const wish = this.#options.fetch.sendProxy ? { ...PASS, route: routeOf(visit) } : PASS;
    const fetched = this.#fetching.fetch(request, wish, live);
    const answer = (live ? finishing(live, fetched) : fetched).addCallback((value) => ({
      value,
      status: "pass" as const,
    }));
    return { status: "pass", answer: orRefusal(answer, "pass", this.#policy.answers), live };
  }

  /** Reports it. The answer is complete, so a bug in an observer must not keep it from its waiters. */
  #noteNotKept({ fetch, bytes }: Fetched, why: NotKept): void {
    this.#memory.budget.discarded(bytes.byteLength); // As soon as its waiters have it.
    try {
      this.#options.observer.notKept({ fetch, bytes: bytes.length, why });
    } catch (bug) {
      this.#options.observer.bug(bug);
    }
  }

  /** Connects the client to an upstream, as if there were no proxy. */
  #pipe(visit: Transport, request: Frame): Protocol {
    const { clock, observer, fetch, pipes = DEFAULT_PIPES } = this.#options;
    if (this.#pipes >= (pipes.max ?? fetch.maxFetches)) {
      refuse(visit, { ending: "proxy/pipe/limit", detail: ENDINGS["proxy/pipe/limit"].text });
      return IGNORES_INPUT;
    }
    const { upstreams, dial } = this.#fetching;
    const { refusal } = upstreams;
    if (refusal) return answerClient(visit, repeating(refusal, request), this.#answering);
    visit.status = "pass";
    observer.piping(visit);
    this.#pipes++;
    const route = fetch.sendProxy && routeOf(visit);
    const announced = { ...request, bytes: this.#fetching.announce(request.bytes, route) };
    return new Pipe(visit, announced, {
      clock,
      budget: this.#memory.budget,
      idleTimeout: pipes.idleTimeout,
      dial: (upstream) => dial(upstream, request),
      over: () => void this.#pipes--,
    }).protocol;
  }

  #newLive(): LiveAnswer {
    return new LiveAnswer(this.#options.clock, this.#policy.answers.maxAnswer);
  }
}
