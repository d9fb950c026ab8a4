import { copyFileSync, chmodSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { POETRY, poetry, RunningProgram, type Run } from "./program.ts";
import type { TempDir } from "./temp-dir.ts";

export interface UpgradableOptions {
  /** Its control socket. */
  readonly socket?: string;
  /** Additional environment variables; `$$` is its process id. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The path by which it is called; default: its own. */
  readonly called?: string;
  /** Descriptors that it gets as 3, 4 and so on. */
  readonly inherited?: readonly number[];
  /** What starts it. */
  readonly by?: "nohup";
}

/** A `poetry` whose executable can be replaced while it runs, and the processes that take over. */
export class Upgradable implements AsyncDisposable {
  readonly executable: string;
  readonly #first: RunningProgram;
  readonly #socket: string | undefined;
  #pid: number;
  /** All processes that were started, including the serving one. */
  readonly #pids = new Set<number>();

  constructor(dir: TempDir, args: readonly string[], options: UpgradableOptions = {}) {
    const { socket, variables = {}, called, inherited = [], by = "" } = options;
    this.executable = join(dir.path, "poetry");
    copyFileSync(POETRY, this.executable);
    const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${value};`);
    const start = [...exports, `exec ${by} "$0" "$@"`].join(" ");
    this.#first = new RunningProgram(["sh", "-c", start, called ?? this.executable, ...args], inherited);
    this.#socket = socket;
    this.#pid = this.#first.pid;
    this.#pids.add(this.#pid);
  }

  /** The process that serves. */
  get pid(): number {
    return this.#pid;
  }

  /** The log of all of them. */
  get lines(): readonly string[] {
    return this.#first.lines;
  }

  until(isMeant: (line: string) => boolean): Promise<string> {
    return this.#first.until(isMeant);
  }

  /** The exit code of the first process. */
  get exited(): Promise<number> {
    return this.#first.exited;
  }

  /** Replaces the executable as a package manager does; by default by the same program. */
  install(script?: string): void {
    const next = `${this.executable}.new`;
    if (script === undefined) copyFileSync(POETRY, next);
    else writeFileSync(next, `#!/bin/sh\n${script}\n`);
    chmodSync(next, 0o755);
    renameSync(next, this.executable);
  }

  signal(name: NodeJS.Signals, pid = this.#pid): void {
    process.kill(pid, name);
  }

  /** Orders an upgrade and returns its result; from then on the new process, if there is one, is the serving one. */
  async upgrade(): Promise<Run> {
    const run = await poetry(
      "ctl",
      "upgrade",
      ...(this.#socket === undefined ? [] : ["--socket", this.#socket]),
    );
    const [, pid] = /process (\d+)/.exec(run.stdout.toString()) ?? [];
    if (pid !== undefined) this.#servedBy(Number(pid));
    return run;
  }

  /** The same by a signal. */
  async upgradeBySignal(): Promise<void> {
    const told = this.lines.length;
    this.signal("SIGUSR2");
    const done = () => this.lines.slice(told).find((line) => UPGRADED.test(line));
    await this.until(() => done() !== undefined);
    this.#servedBy(Number(UPGRADED.exec(done() as string)?.[1]));
  }

  /** Stops the serving process; resolves when no process is left. */
  async stop(): Promise<void> {
    this.signal("SIGTERM");
    await this.#first.silent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.#pids)
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    await this.#first.exited;
  }

  #servedBy(pid: number): void {
    this.#pid = pid;
    this.#pids.add(pid);
  }
}

const UPGRADED = /^Upgraded: process (\d+) /;
