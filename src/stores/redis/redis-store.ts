import type { SecondLevel } from "../../cache/second-level.ts";
import { succeed, type Deferred } from "../../deferred/mod.ts";
import type { DelayedCall } from "../../time/clock.ts";
import { Breaker } from "../breaker.ts";
import { noCounts, type StoreFigures } from "../store-figures.ts";
import { PurgeLog } from "./purge-log.ts";
import { RedisLevel } from "./redis-level.ts";
import { RedisLink, type Link, type RedisLinkOptions } from "./redis-link.ts";
import { POLL } from "./scripts.ts";
import type { RedisSurroundings } from "./surroundings.ts";
import { Waits, type HeldLease } from "./waits.ts";

/** Options of a RedisStore. */
export interface RedisOptions extends RedisLinkOptions {
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Names this process among the nodes. */
  readonly node: string;
  /** The name of the server in messages. */
  readonly name: string;
  /** Default: Bun's client. */
  readonly link?: Link;
  /** Called once when the server begins to fail. */
  readonly failed: (error: unknown) => void;
  /** Called once when it works again. */
  readonly restored: () => void;
}

/** Milliseconds between two looks for purges by other nodes. */
const LOG_MS = 1_000;

/** A server through which nodes share answers and loads, for any number of services. */
export class RedisStore {
  readonly #options: RedisOptions;
  readonly #link: Link;
  readonly #breaker: Breaker;
  readonly #around: RedisSurroundings;
  readonly #levels = new Set<RedisLevel>();
  readonly #log: PurgeLog;
  #nextLook: DelayedCall | undefined = undefined;

  private constructor(options: RedisOptions) {
    const { clock, random = Math.random, node, failed, restored } = options;
    this.#options = options;
    this.#link = options.link ?? new RedisLink(options);
    this.#log = new PurgeLog(this.#link, node);
    this.#breaker = new Breaker({
      clock,
      random,
      probe: () => this.#recover(),
      opened: (error) => {
        this.#link.disconnect(); // Replies to commands under way would come too late.
        failed(error);
      },
      closed: restored,
    });
    const waits = new Waits({ clock, random, poll: (leases) => this.#poll(leases) });
    this.#around = { clock, link: this.#link, breaker: this.#breaker, waits, counts: noCounts(), node };
  }

  /** Connects. Never fails: a server that cannot be reached is tried again later. */
  static open(options: RedisOptions): Deferred<RedisStore> {
    const store = new RedisStore(options);
    store.#lookLater();
    return store.#link.connect().addCallbacks(
      () => store,
      (failure) => {
        store.#breaker.trip(failure.value);
        return store;
      },
    );
  }

  /**
   * The level for one service, until `letGo`.
   *
   * @param service its name and fingerprint: values stored under others are not found
   * @param patience milliseconds to wait for other nodes; 0: no limit
   */
  level(service: string, patience: number): SecondLevel {
    const level = new RedisLevel(service, patience, this.#around);
    this.#levels.add(level);
    return level;
  }

  /** Releases the level of a service. While the server fails it is kept, for the sake of purges that are still owed. */
  letGo(level: SecondLevel): void {
    if (this.isFailing) return;
    this.#levels.delete(level as RedisLevel);
    this.#log.forget(level as RedisLevel);
  }

  /** Whether it is bypassed at the moment, because it failed. */
  get isFailing(): boolean {
    return this.#breaker.isOpen;
  }

  figures(): StoreFigures {
    const { isOpen: isFailing, failures } = this.#breaker;
    return { kind: "shared", name: this.#options.name, isFailing, failures, counts: this.#around.counts };
  }

  /** How many loads of other nodes are awaited here. */
  get waiting(): number {
    return this.#around.waits.size;
  }

  close(): Deferred<void> {
    this.#nextLook?.cancel();
    this.#breaker.stop();
    this.#link.disconnect();
    return succeed().addCallback(() => {});
  }

  /** Reconnects, makes up for missed purges, and reads those of other nodes. */
  #recover(): Deferred {
    let recovered: Deferred = this.#link.connect();
    for (const level of this.#levels) recovered = recovered.addCallback(() => level.settle());
    return recovered.addCallback(() => this.#log.read([...this.#levels]));
  }

  #lookLater(): void {
    this.#nextLook = this.#options.clock.callLater(LOG_MS, () => {
      this.#lookLater();
      const levels = [...this.#levels];
      if (levels.length > 0) this.#breaker.run(() => this.#log.read(levels)).addErrback(() => {});
    });
  }

  #poll(leases: readonly HeldLease[]): Deferred<readonly boolean[]> {
    return this.#breaker.run(() =>
      this.#link
        .run(
          POLL,
          leases.flatMap(({ keys }) => keys),
          leases.map(({ number }) => number),
        )
        .addCallback((reply) => {
          if (!Array.isArray(reply) || reply.length !== leases.length)
            throw new Error("its reply is invalid");
          return reply.map((each) => Number(each) === 1);
        }),
    );
  }
}
