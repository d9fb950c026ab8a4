import { isUnix, type Address } from "../../src/net/address.ts";
import type { ListenTls } from "../../src/net/tls/handshakes.ts";
import type { Events } from "../../src/observe/events.ts";
import type { FetchTimeouts } from "../../src/services/fetch/trip.ts";
import type { Observer } from "../../src/services/observer.ts";
import type { Proxies } from "../../src/services/port-service.ts";
import type { VisitorLimits } from "../../src/services/visit/crowd.ts";
import { PROXY_DEFAULTS, type ProxyOptions } from "../../src/services/proxy/options.ts";
import { Proxy } from "../../src/services/proxy/proxy.ts";
import type { FetchFailure } from "../../src/services/fetch/errors.ts";
import type { Transport } from "../../src/net/transport.ts";
import type { VisitStatus } from "../../src/services/visit/answering.ts";
import { LoopClock } from "./loop-clock.ts";
import { nextTurn } from "./next-turn.ts";
import { portOf } from "./port-of.ts";
import { Recorder } from "./recorder.ts";
import { ScriptedPeer, type PeerConnection } from "./scripted-peer.ts";
import { freeAddress, withoutAnswer, type Sockets } from "./sockets.ts";
import { stageTls } from "./stage-tls.ts";
import { Visitor, type Visit } from "./visitor.ts";

/** The longest pause before the first retry, in milliseconds. */
const LONGEST_FIRST_PAUSE_MS = 20;

/** The options of the stage's proxy, with an observer of all events. */
export type StagedOptions = ProxyOptions & { readonly observer: Observer<Events> };

type Keep = ProxyOptions["cache"];
type Answers = ProxyOptions["answers"];
type Fetching = Omit<ProxyOptions["fetch"], "timeouts" | "upstreams">;
type Besides = Pick<
  ProxyOptions,
  "requests" | "pipes" | "secondLevels" | "stream" | "random" | "connect" | "clock" | "collectGarbage"
>;

/** Deviations from the defaults, without the groups of the options: no name is in two of them. */
export type StageOptions = Partial<
  VisitorLimits &
    Keep &
    Answers &
    Fetching &
    Besides & {
      readonly upstream: Address;
      /** Further upstreams. */
      readonly others: readonly Address[];
      readonly host: string;
      readonly proxies: Proxies;
      /** Makes clients use TLS. */
      readonly tls: ListenTls;
      /** The kind of socket for clients, and for the upstream; default: TCP. */
      readonly clientsBy: Sockets;
      readonly upstreamBy: Sockets;
    } & {
      readonly [Name in keyof FetchTimeouts as `${Name}Timeout`]: number;
    }
>;

/** The group of each option; others belong to the proxy itself. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  limits: ["maxClients", "maxClientsPerIp", "sendTimeout", "sendTotal", "sendBuffer", "linger"],
  cache: ["maxMemory", "maxEntries", "refreshAhead", "staleAfter"],
  answers: [
    "maxAnswer",
    "acceptsEmpty",
    "complete",
    "noStore",
    "refusal",
    "patternLimit",
    "ttlFor",
    "ttl",
    "grace",
    "staleIfError",
  ],
  fetch: [
    "choose",
    "names",
    "source",
    "rate",
    "maxFetches",
    "maxQueue",
    "retries",
    "sendProxy",
    "sink",
    "transform",
  ],
};

/** The defaults with the deviations of a test. */
function optionsWith(given: StageOptions, upstream: Address): Omit<ProxyOptions, "clock" | "observer"> {
  const { requests, stream, random, connect } = { ...PROXY_DEFAULTS, ...given };
  const group = (name: string) =>
    Object.fromEntries(Object.entries(given).filter(([option]) => GROUPS[name]?.includes(option)));
  const timeouts = Object.keys(PROXY_DEFAULTS.fetch.timeouts).flatMap((name) => {
    const timeout = given[`${name as keyof FetchTimeouts}Timeout`];
    return timeout === undefined ? [] : [[name, timeout]];
  });
  return {
    ...(given.pipes && { pipes: given.pipes }),
    secondLevels: given.secondLevels,
    collectGarbage: given.collectGarbage,
    requests,
    stream,
    random,
    connect,
    listen: {
      address: freeAddress(given.clientsBy, given.host),
      limits: group("limits"),
      proxies: given.proxies,
      tls: given.tls,
    },
    cache: { ...PROXY_DEFAULTS.cache, ...group("cache") },
    answers: { ...PROXY_DEFAULTS.answers, ...group("answers") },
    fetch: {
      ...PROXY_DEFAULTS.fetch,
      upstreams: [given.upstream ?? upstream, ...(given.others ?? [])],
      retries: 0, // Otherwise a test would have to advance the clock after every failure.
      ...group("fetch"),
      timeouts: { ...PROXY_DEFAULTS.fetch.timeouts, ...Object.fromEntries(timeouts) },
    },
  };
}

/** The production proxy between a scripted upstream and visitors, on a clock that the test controls. */
export class ProxyStage implements AsyncDisposable {
  readonly clock = new LoopClock();
  readonly log = new Recorder();
  readonly upstream: ScriptedPeer;
  readonly proxy: Proxy;
  /** All clients, in order of arrival. */
  readonly visits: Transport[] = [];
  /** The visit of a client without an answer. */
  readonly nothing: Visit;
  #address: Address = { host: "", port: 0 };

  private constructor(
    script: ((connection: PeerConnection) => void) | undefined,
    options: StageOptions,
    make: (options: StagedOptions) => Proxy,
  ) {
    this.upstream = new ScriptedPeer(script, freeAddress(options.upstreamBy), stageTls?.upstream);
    this.nothing = withoutAnswer(options.clientsBy);
    const all = {
      clock: options.clock ?? this.clock,
      observer: this.log.observe,
      ...optionsWith(options, this.upstream.address),
    };
    this.proxy = make(stageTls ? stageTls.securing(all) : all);
    const serve = this.proxy["serve"].bind(this.proxy);
    this.proxy["serve"] = (visit) => {
      this.visits.push(visit);
      return serve(visit);
    };
  }

  /**
   * @param script what the upstream does with every connection; default: nothing until the test says so
   * @param make constructs the proxy; default: a plain Proxy
   */
  static async open(
    script?: (connection: PeerConnection) => void,
    options: StageOptions = {},
    make: (options: StagedOptions) => Proxy = (all) => new Proxy(all),
  ): Promise<ProxyStage> {
    const stage = new ProxyStage(script, options, make);
    stage.#address = await stage.proxy.start();
    if (!isUnix(stage.#address)) stageTls?.ports.add(stage.#address.port);
    return stage;
  }

  get port(): number {
    return portOf(this.#address);
  }

  /** Where clients connect. */
  get #door(): Address | number {
    return isUnix(this.#address) ? this.#address : this.port;
  }

  /** `count` clients that have sent their request: each is answered, or waits. */
  async visitors(count: number, greet?: ConstructorParameters<typeof Visitor>[1]): Promise<Visitor[]> {
    const before = this.#asked;
    const visitors = Array.from({ length: count }, () => new Visitor(this.#door, greet));
    while (this.#asked < before + count) await nextTurn();
    return visitors;
  }

  /** A client that has sent a request. */
  async asker(request: string): Promise<Visitor> {
    const visitor = new Visitor(this.#door);
    await visitor.send(request);
    return visitor;
  }

  /** The failed fetches so far: the reason, and the number of bytes. */
  get failures(): { reason: FetchFailure; received: number }[] {
    return this.log
      .all("fetchFailed")
      .flatMap(({ error }) => (error ? [{ reason: error.reason, received: error.received }] : []));
  }

  /** What the proxy holds at the moment. */
  get gauges() {
    const { entries, bytes, flights, waiters, clients } = this.proxy;
    return { entries, bytes, flights, waiters, clients };
  }

  /** Lets `upstream` send, and resolves when the proxy has read it, because a reset may overtake bytes. */
  async hears(upstream: PeerConnection, text: string | Uint8Array): Promise<void> {
    const heard = this.clock.nextCall();
    upstream.send(text);
    await heard;
  }

  /** Lets the pauses before `times` more attempts pass. */
  async retried(times = 1): Promise<void> {
    const wanted = this.log.count("retrying") + times;
    for (;;) {
      this.clock.advance(LONGEST_FIRST_PAUSE_MS);
      if (this.log.count("retrying") >= wanted) return;
      await this.clock.nextCall();
    }
  }

  /** Resolves when the last client has this status. */
  async lastIs(status: VisitStatus): Promise<void> {
    while (this.visits.at(-1)?.status !== status) await nextTurn();
  }

  /** A complete visit of one client. */
  visit(): Promise<Visit> {
    return new Visitor(this.#door).visit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.proxy.abort();
    await this.upstream[Symbol.asyncDispose]();
    await this.proxy.drain();
    if (this.log.bugs > 0) throw new Error("The proxy reported a bug", { cause: this.log.events });
    const { flights, waiters, clients } = this.gauges;
    if (flights + waiters + clients > 0)
      throw new Error(`${flights} flights, ${waiters} waiters, ${clients} clients were left behind`);
    for (let turns = 0; turns < 100 && this.clock.pending > 0; turns++) await nextTurn(); // The last sockets close.
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} delayed calls were left behind`);
  }

  /** Number of clients that were answered or wait. */
  get #asked(): number {
    return this.visits.filter(({ status }) => status !== undefined).length;
  }
}
