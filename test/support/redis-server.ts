import { join } from "node:path";
import { TempDir } from "./temp-dir.ts";

const PROGRAM = Bun.which("redis-server");

/** Whether tests run with it; required in CI. */
export const HAS_REDIS = PROGRAM !== null || process.env.POETRY_PEERS === "required";

/** A separate redis-server on a Unix socket in its own directory; nothing is saved. */
export class RedisServer implements AsyncDisposable {
  readonly #dir = new TempDir();
  readonly #args: readonly string[];
  #child: Bun.Subprocess<"ignore", "pipe", "inherit"> | undefined = undefined;

  private constructor(args: readonly string[]) {
    this.#args = args;
  }

  /** Starts one, and waits until it accepts connections. */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(args);
    await server.start();
    return server;
  }

  get socket(): string {
    return join(this.#dir.path, "redis.sock");
  }

  /** Its URL for poetry. */
  get url(): string {
    return `redis+unix://${this.socket}`;
  }

  /** Flags of a proxy that shares through it, with time enough for a machine that is busy with other tests. */
  get flags(): string[] {
    return ["--shared", `unix:${this.socket}`, "--shared-timeout", "10s"];
  }

  /** Restarts it, empty. */
  async start(): Promise<void> {
    if (!PROGRAM) throw new Error("There is no redis-server: apt-get install redis-server");
    const own = [
      "--port",
      "0",
      "--unixsocket",
      this.socket,
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      this.#dir.path,
    ];
    const child = Bun.spawn([PROGRAM, ...own, ...this.#args], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    let said = "";
    for await (const chunk of child.stdout) {
      said += Buffer.from(chunk).toString();
      if (said.includes("The server is now ready to accept connections")) return;
    }
    throw new Error(`redis-server did not start:\n${said}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#child?.exited;
  }

  /** Runs a command with redis-cli; returns its output. */
  async cli(...command: string[]): Promise<string> {
    const child = Bun.spawn(["redis-cli", "-s", this.socket, ...command], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    return (await child.stdout.text()).trim();
  }

  /** How many times a command was run, including by scripts. */
  async calls(command: string): Promise<number> {
    const stats = await this.cli("INFO", "commandstats");
    return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, "m").exec(stats)?.[1] ?? 0);
  }

  /** Resolves when a command has been run that many times. */
  async untilCalled(command: string, times: number): Promise<void> {
    while ((await this.calls(command)) < times);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#dir[Symbol.asyncDispose]();
  }
}
