import assert from "node:assert/strict";
import { Numbers } from "../../src/cache/numbers.ts";
import type { Events } from "../../src/observe/events.ts";
import { FACTS } from "../../src/observe/facts.ts";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { Proxy } from "../../src/services/proxy/proxy.ts";
import type { Observer } from "../../src/services/observer.ts";
import { RedisStore } from "../../src/stores/redis/redis-store.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { MemoryDial } from "./memory.ts";
import type { ModelLink } from "./model-link.ts";
import type { NodesSetting } from "./nodes-play.ts";

/** Milliseconds for a fetch, and for waiting for another node's. */
export const TOTAL_TIMEOUT_MS = 8_000;

/** The time at which its clock was 0, in milliseconds since 1970. */
const BEGAN = 1_700_000_000_000;

/** One process: the production proxy and the production store, on a clock that stands still while it is stopped. */
export class Node {
  readonly proxy: Proxy;
  readonly #clock: ManualClock;
  readonly #store: RedisStore;
  #bugs = 0;
  #stoppedAt: number | undefined = undefined;
  #wasStopped = false;

  /** @param dialled called for each connection to the upstream, which is made at once */
  constructor(
    store: RedisStore,
    clock: ManualClock,
    { ttl, grace, staleIfError }: NodesSetting,
    dialled: (dial: MemoryDial) => void,
  ) {
    this.#store = store;
    this.#clock = clock;
    const level = store.level("poems 1", TOTAL_TIMEOUT_MS);
    this.proxy = new Proxy({
      ...PROXY_DEFAULTS,
      requests: { ...PROXY_DEFAULTS.requests, framing: "line" },
      listen: { address: { host: "127.0.0.1", port: 0 } },
      answers: { ...PROXY_DEFAULTS.answers, noStore: /!/, ttl, grace, staleIfError },
      fetch: {
        ...PROXY_DEFAULTS.fetch,
        upstreams: [{ host: "192.0.2.2", port: 1 }],
        timeouts: { connect: 0, firstByte: 0, idle: 0, total: TOTAL_TIMEOUT_MS },
        retries: 0,
      },
      secondLevels: { levels: [level], numbers: new Numbers(() => BEGAN + clock.now()) },
      clock,
      random: () => 0.5,
      observer: this.#observer(),
      connect: (address, protocol) => {
        const dial = new MemoryDial(address, protocol);
        dial.accept();
        dialled(dial);
        return dial.connected;
      },
    });
  }

  /** Connects a node's store; fires as time passes. */
  static openStore(clock: ManualClock, link: ModelLink, node: string) {
    const telling = { failed: () => {}, restored: () => {} };
    return RedisStore.open({
      ...telling,
      url: "model",
      name: "model",
      timeout: 100,
      clock,
      link,
      node,
      random: () => 0.5,
    });
  }

  get bugs(): number {
    return this.#bugs;
  }

  get isStopped(): boolean {
    return this.#stoppedAt !== undefined;
  }

  /** Whether its clock is behind. */
  get wasStopped(): boolean {
    return this.#wasStopped;
  }

  /** Stops it like SIGSTOP, at a time by the clock of the stage. */
  stop(now: number): void {
    this.#stoppedAt ??= now;
    this.#wasStopped = true;
  }

  /** Continues it like SIGCONT: all calls that became due run now. */
  go(now: number): void {
    if (this.#stoppedAt === undefined) return;
    const stalled = now - this.#stoppedAt;
    this.#stoppedAt = undefined;
    this.#clock.stall(stalled);
    this.turn();
  }

  pass(ms: number): void {
    if (this.isStopped) return;
    this.#clock.advance(ms);
    this.turn();
  }

  /** Runs turns of the event loop until none is left. */
  turn(): void {
    while (this.#clock.turnsDue > 0) this.#clock.turn();
  }

  close(): void {
    void this.#store.close();
  }

  /** Checks that nothing is left over. */
  rest(): void {
    const { flights, waiters, bytesHeld } = this.proxy;
    assert.deepEqual({ flights, waiters, bytesHeld }, { flights: 0, waiters: 0, bytesHeld: 0 }, "I5: gauges");
    assert.equal(this.#store.waiting, 0, "I5: it waits for other nodes");
    assert.equal(this.#clock.pending, 0, "I5: delayed calls left");
  }

  #observer(): Observer<Events> {
    const methods = Object.keys(FACTS).map((what) => [what, () => void (what === "bug" && this.#bugs++)]);
    return Object.fromEntries(methods) as Observer<Events>;
  }
}
