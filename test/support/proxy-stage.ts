import { Proxy, PROXY_DEFAULTS, type ProxyOptions } from "../../src/services/proxy/proxy.ts";
import type { FetchFailure } from "../../src/services/fetch/trip.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { portOf } from "./port-of.ts";
import { Recorder } from "./recorder.ts";
import { ScriptedPeer, type PeerConnection } from "./scripted-peer.ts";
import { Visitor, type Visit } from "./visitor.ts";

/** Its time stands still until a test turns it; turns of the loop are real, as the sockets are. */
class StageClock extends ManualClock {
  override nextTurn(fn: () => void): void {
    setImmediate(fn);
  }
}
/** Before the first retry. */
const LONGEST_FIRST_PAUSE_MS = 20;

/** The production proxy between a scripted upstream and visitors, on a clock that the test turns. */
export class ProxyStage implements AsyncDisposable {
  readonly clock = new StageClock();
  readonly log = new Recorder();
  readonly upstream: ScriptedPeer;
  readonly proxy: Proxy;
  #port = 0;

  private constructor(
    script: ((connection: PeerConnection) => void) | undefined,
    options: Partial<ProxyOptions>,
    make: (options: ProxyOptions) => Proxy,
  ) {
    this.upstream = new ScriptedPeer(script);
    this.proxy = make({
      ...PROXY_DEFAULTS,
      retries: 0, // Else a test would have to turn the clock for every failure.
      upstream: this.upstream.address,
      address: { host: "127.0.0.1", port: 0 },
      clock: this.clock,
      observer: this.log.observe,
      ...options,
    });
  }

  /**
   * @param script what the upstream does with every connection; by default nothing until the test says so
   * @param make the proxy, if it is of a kind of its own
   */
  static async open(
    script?: (connection: PeerConnection) => void,
    options: Partial<ProxyOptions> = {},
    make: (options: ProxyOptions) => Proxy = (all) => new Proxy(all),
  ): Promise<ProxyStage> {
    const stage = new ProxyStage(script, options, make);
    stage.#port = portOf(await stage.proxy.start());
    return stage;
  }

  get port(): number {
    return this.#port;
  }

  /** `count` clients that have asked: each is answered, or waits. */
  async visitors(count: number, greet?: ConstructorParameters<typeof Visitor>[1]): Promise<Visitor[]> {
    const before = this.#asked;
    const visitors = Array.from({ length: count }, () => new Visitor(this.port, greet));
    while (this.#asked < before + count) await this.log.next();
    return visitors;
  }

  /** A client that has sent a request. */
  async asker(request: string): Promise<Visitor> {
    const visitor = new Visitor(this.port);
    await visitor.send(request);
    return visitor;
  }

  /** The failed fetches so far: why, and after how many bytes. */
  get failures(): { reason: FetchFailure; received: number }[] {
    return this.log.events
      .filter((event) => event.what === "fetch-failed")
      .map(({ error: { reason, received } }) => ({ reason, received }));
  }

  /** What the proxy holds now. */
  get gauges() {
    const { entries, bytes, flights, waiters, clients } = this.proxy;
    return { entries, bytes, flights, waiters, clients };
  }

  /** Lets `upstream` send, and goes on when the proxy has read it: it sets a deadline anew. A reset may overtake bytes. */
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

  /** One client's whole visit. */
  visit(): Promise<Visit> {
    return new Visitor(this.port).visit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.proxy.abort();
    await this.upstream[Symbol.asyncDispose]();
    await this.proxy.drain();
    if (this.log.bugs > 0) throw new Error("The proxy reported a bug", { cause: this.log.events });
    const { flights, waiters, clients } = this.gauges;
    if (flights + waiters + clients > 0)
      throw new Error(`${flights} flights, ${waiters} waiters, ${clients} clients were left behind`);
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} delayed calls were left behind`);
  }

  get #asked(): number {
    return (
      this.log.count("hit") + this.log.count("stale") + this.log.count("miss") + this.log.count("coalesced")
    );
  }
}
