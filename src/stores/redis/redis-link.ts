import { fail, fromPromise, gatherResults, type Deferred } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import { SCRIPTS, type Script } from "./scripts.ts";

/** How to reach a server. */
export interface RedisLinkOptions {
  /** `redis://…`, `rediss://…` or `redis+unix:///…`, with the password if there is one. */
  readonly url: string;
  /** The trusted authorities, in PEM; absent: those of the system. */
  readonly ca?: string | undefined;
  /** Time limit for every command, in milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
}

/** The server cannot be used to share answers. */
class UnfitServerError extends Error {
  override readonly name = "UnfitServerError";
}

/** The oldest version with everything our scripts use (XRANGE with an exclusive start). */
const OLDEST: readonly [major: number, minor: number] = [6, 2];

/** What is needed of a connection; tests have their own. */
export type Link = Pick<RedisLink, "runId" | "connect" | "disconnect" | "run" | "getBytes">;

/**
 * One connection to a server, with timeouts for commands, which Bun's client lacks, and without its silent
 * reconnecting.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  #client: Bun.RedisClient | undefined = undefined;
  #runId = "";

  constructor(options: RedisLinkOptions) {
    this.#options = options;
  }

  /** The server's run id, which changes with a restart or failover. */
  get runId(): string {
    return this.#runId;
  }

  /** Reconnects, and makes sure that the server can be used. Fails if not. */
  connect(): Deferred {
    this.disconnect();
    const { url, ca, timeout } = this.#options;
    const client = new Bun.RedisClient(url, {
      autoReconnect: false,
      enableOfflineQueue: false,
      connectionTimeout: timeout === Infinity ? 0 : Math.ceil(timeout),
      // Explicit: an environment variable could turn verification off.
      ...(url.startsWith("rediss:") && {
        tls: { rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
      }),
    });
    this.#client = client;
    return this.#inTime(client.connect())
      .addCallback(() => this.#inTime(client.send("INFO", ["server"])))
      .addCallback((info) => this.#check(String(info)))
      .addCallback(() => this.#load())
      .addErrback((failure) => {
        if (this.#client === client) this.disconnect();
        return failure;
      });
  }

  /**
   * Runs a script. Scripts run in the order of the calls, unless the server has lost them meanwhile and they are sent
   * again.
   *
   * @param patience a longer time limit in milliseconds, for calls that no client waits for
   */
  run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | Uint8Array)[],
    patience?: number,
  ): Deferred {
    const rest = [String(keys.length), ...keys, ...args];
    return this.#send("EVALSHA", [script.sha, ...rest], patience).addErrback((failure) => {
      if (!failure.as(Error).message.startsWith("NOSCRIPT")) return failure;
      return this.#send("EVAL", [script.text, ...rest], patience);
    });
  }

  /** The exact bytes of a key, unlike replies of scripts, which are decoded as text. */
  getBytes(key: string): Deferred<Uint8Array | null> {
    const client = this.#client;
    return client ? this.#inTime(client.getBuffer(key)) : fail(new Error("not connected"));
  }

  disconnect(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #load(): Deferred {
    const loads = SCRIPTS.map(({ text }) => this.#send("SCRIPT", ["LOAD", text]));
    return gatherResults(loads, { consumeErrors: true });
  }

  #send(command: string, args: readonly (string | Uint8Array)[], patience?: number): Deferred {
    const client = this.#client;
    // Bun's types only allow strings, but it sends bytes unchanged.
    return client
      ? this.#inTime(client.send(command, [...args] as string[]), patience)
      : fail(new Error("not connected"));
  }

  #inTime<T>(promise: Promise<T>, patience = 0): Deferred<T> {
    const { timeout, clock } = this.#options;
    return fromPromise(promise).addTimeout(Math.max(timeout, patience), clock);
  }

  #check(info: string): void {
    const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
    const version = field("redis_version");
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
      throw new UnfitServerError(
        `its version is "${version}": expected Redis ${OLDEST.join(".")} or later, or Valkey`,
      );
    if (field("redis_mode") === "cluster")
      throw new UnfitServerError("it is a Redis Cluster, which cannot be used");
    this.#runId = field("run_id");
  }
}
