import { Deferred, fail } from "../../src/deferred/mod.ts";
import type { Link } from "../../src/stores/redis/redis-link.ts";
import type { Script } from "../../src/stores/redis/scripts.ts";
import type { Clock } from "../../src/time/clock.ts";
import type { SharedServer } from "./shared-server.ts";

/** The state of a server: it replies, replies too late, refuses connections, or accepts commands and is silent. */
export type Weather = "fine" | "slow" | "down" | "silent";

/** Milliseconds that a message takes, each way. */
const WAY_MS = 1;
const SLOW_MS = 150;
const TIMEOUT_MS = 100;

/** The connection of one node to the model's server. */
export class ModelLink implements Link {
  readonly #server: SharedServer;
  readonly #clock: Clock;
  readonly #serverClock: Clock;
  readonly #weather: () => Weather;
  #connection = 0;
  #runId = "";

  /** @param clock the node's own, which stands still while it is stopped */
  constructor(server: SharedServer, clock: Clock, serverClock: Clock, weather: () => Weather) {
    this.#server = server;
    this.#clock = clock;
    this.#serverClock = serverClock;
    this.#weather = weather;
  }

  get runId(): string {
    return this.#runId;
  }

  connect(): Deferred {
    this.#connection++;
    return this.#ask(() => this.#server.runId).addCallback((runId) => void (this.#runId = String(runId)));
  }

  disconnect(): void {
    this.#connection++;
  }

  run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | Uint8Array)[],
    patience = TIMEOUT_MS,
  ): Deferred {
    return this.#ask(() => this.#server.run(script, keys, args), patience);
  }

  getBytes(key: string): Deferred<Uint8Array | null> {
    return this.#ask(() => this.#server.getBytes(key)) as Deferred<Uint8Array | null>;
  }

  /** The command takes time to the server, and the reply to the node; neither survives the connection. */
  #ask(work: () => unknown, patience = TIMEOUT_MS): Deferred {
    const weather = this.#weather();
    if (weather === "down") return fail(new Error("refused"));
    const reply = new Deferred(() => {});
    const connection = this.#connection;
    const isThere = () => connection === this.#connection && !reply.called;
    this.#serverClock.callLater(weather === "slow" ? SLOW_MS : WAY_MS, () => {
      if (this.#weather() === "down" || weather === "silent") return;
      const replied = work(); // Even if no one waits for it any more.
      this.#clock.callLater(WAY_MS, () => {
        if (isThere()) reply.callback(replied);
      });
    });
    return reply.addTimeout(patience, this.#clock);
  }
}
