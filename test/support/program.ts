import { existsSync } from "node:fs";
import { join } from "node:path";

/** The compiled executable, as users run it. */
export const POETRY = join(import.meta.dirname, "../../dist/poetry");

if (!existsSync(POETRY)) throw new Error(`There is no ${POETRY}: run "bun run build" first`);

/** The result of a program: its exit code and output. */
export interface Run {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Removes the times at the start of log lines. */
export function timeless(text: string): string {
  return text.replace(/^\d\d:\d\d:\d\d\.\d{3} /gm, "");
}

/** Runs a command to its end; its log lines come without their times. */
export async function run(
  command: readonly string[],
  options: { cwd?: string; stdin?: string } = {},
): Promise<Run> {
  const { cwd = ".", stdin = "" } = options;
  const child = Bun.spawn([...command], { cwd, stdin: Buffer.from(stdin), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.bytes(), child.stderr.text()]);
  return { code: await child.exited, stdout: Buffer.from(stdout), stderr: timeless(stderr) };
}

/** `poetry` with these arguments. */
export function poetry(...args: string[]): Promise<Run> {
  return run([POETRY, ...args]);
}

/**
 * A program that runs during a test: its lines on standard error are recorded, without their times, and it is stopped
 * at the end.
 */
export class RunningProgram implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly #log: LineReader;

  /** @param inherited file descriptors that it gets as 3, 4 and so on */
  constructor(command: readonly string[], inherited: readonly number[] = []) {
    this.#child = Bun.spawn([...command], { stdio: ["ignore", "ignore", "pipe", ...inherited] });
    this.#log = new LineReader(this.#child.stderr);
  }

  /** Every line logged so far. */
  get lines(): readonly string[] {
    return this.#log.lines;
  }

  /** The first line that satisfies `isMeant`, once it has been logged. */
  until(isMeant: (line: string) => boolean): Promise<string> {
    return this.#log.until(isMeant);
  }

  /** Resolves when `times` lines begin with `beginning`. Throws if there are more. */
  async untilCount(beginning: string, times: number): Promise<void> {
    const count = () => this.lines.filter((line) => line.startsWith(beginning)).length;
    if (times > 0) await this.until(() => count() >= times);
    if (count() > times) throw new Error(`${count()} lines begin with "${beginning}", not ${times}`);
  }

  /** Resolves when the program has closed its standard error: `lines` is complete. */
  get silent(): Promise<void> {
    return this.#log.ended;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get exited(): Promise<number> {
    return this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

/** A running `poetry` service, which is stopped at the end of the test. */
export class RunningService extends RunningProgram {
  #port = 0;

  /** Its port. */
  get port(): number {
    return this.#port;
  }

  /** Starts `poetry …args`, on any free port unless they name one, and waits until it listens. */
  static start(...args: string[]): Promise<RunningService> {
    return RunningService.startBy([], ...args);
  }

  /** Like `start`, through a program that runs another one, such as `nohup`. */
  static async startBy(wrapper: readonly string[], ...args: string[]): Promise<RunningService> {
    const port = args.includes("--port") || args.includes("--listen") ? [] : ["--port", "0"];
    const service = new RunningService([...wrapper, POETRY, ...args, ...port]);
    const line = await service.until((each) => PORT.test(each));
    service.#port = Number(PORT.exec(line)?.[1]);
    return service;
  }
}

const PORT = / on [^ ]*:(\d+)\.(?:$|")/;

/** Reads lines of a stream as they arrive. */
class LineReader {
  readonly lines: string[] = [];
  readonly ended: Promise<void>;
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  async until(isMeant: (line: string) => boolean): Promise<string> {
    for (let from = 0; ;) {
      const line = this.lines.slice(from).find(isMeant);
      if (line !== undefined) return line;
      from = this.lines.length;
      if (this.#ended) throw new Error(`The program ended without that line:\n${this.lines.join("\n")}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() as string;
      this.lines.push(...parts.map(timeless));
      this.#wake();
    }
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
