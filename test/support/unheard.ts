import { POETRY } from "./program.ts";
import { visit } from "./visitor.ts";

/** The standard error of a program. */
type StandardError = "pipe" | number;

/** A `poetry` service whose log is not read: it is started on a port that was free a moment ago. */
export class UnheardService implements AsyncDisposable {
  readonly port: number;
  readonly child: Bun.Subprocess<"ignore", "ignore", StandardError>;

  private constructor(command: readonly string[], stderr: StandardError, port: number, env: Env) {
    this.port = port;
    this.child = Bun.spawn([...command, "--port", `${port}`], {
      stdio: ["ignore", "ignore", stderr],
      env: { ...process.env, ...env },
    });
  }

  /** Starts `poetry …args` and waits until it serves. */
  static start(stderr: StandardError, args: readonly string[], env: Env = {}): Promise<UnheardService> {
    return UnheardService.startBy([POETRY], stderr, args, env);
  }

  /** Like `start`, with another command for `poetry`. */
  static async startBy(
    poetry: readonly string[],
    stderr: StandardError,
    args: readonly string[],
    env: Env = {},
  ): Promise<UnheardService> {
    const service = new UnheardService([...poetry, ...args], stderr, freePort(), env);
    while ((await visit(service.port)).end === "refused") {
      const { exitCode } = service.child;
      if (exitCode !== null) throw new Error(`poetry ${args.join(" ")} ended with ${exitCode}`);
    }
    return service;
  }

  /** Visits it `count` times, a few at once; throws if a visitor gets anything but `poem`. */
  async serve(poem: string, count: number): Promise<void> {
    const AT_ONCE = 25;
    for (let left = count; left > 0; left -= AT_ONCE) {
      const visits = Array.from({ length: Math.min(left, AT_ONCE) }, () => visit(this.port));
      for (const { bytes, end } of await Promise.all(visits))
        if (bytes.toString() !== poem || end !== "fin")
          throw new Error(`A client got ${bytes.toString()} and ${end}`);
    }
  }

  /** Tells it to stop; returns its exit code. */
  stop(): Promise<number> {
    this.child.kill("SIGTERM");
    return this.child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }
}

type Env = Readonly<Record<string, string>>;

function freePort(): number {
  const free = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = free;
  free.stop(true);
  return port;
}
