import type { Clock } from "../../time/clock.ts";
import { Deferred, fromPromise } from "../../deferred/mod.ts";
import { describeSystemError } from "../../net/errors.ts";
import { missingInterpreter } from "../../net/system/interpreter.ts";
import { collect } from "../../protocols/one-shot.ts";
import type { FetchGate } from "../fetch/gate.ts";
import type { Source } from "../intake.ts";
import { toTransformError, TransformError, type Transformation, type Workspace } from "./transformation.ts";

export interface FilterOptions {
  readonly clock: Clock;
  /** The program and its arguments, as they are: no shell reads them. */
  readonly command: readonly string[];
  /** Milliseconds for a run; 0 = no limit. */
  readonly timeout: number;
  /** Bytes of the longest output. */
  readonly maxOutput: number;
  /** Variables of our environment that it is not given. Default: none. */
  readonly secrets?: readonly string[];
  /** How many may run; shared with other filters. */
  readonly gate: FetchGate;
}

/** Bytes that a filter is given at a time: Bun copies what a pipe does not take. */
const PIECE = 64 * 1024;

/** Bytes of a filter's standard error that are kept for the log. */
const STDERR_HEAD = 512;

/**
 * A program as a transformation: the poem on its standard input, what it prints is the answer, if it exits with 0. It
 * need not read all of its input. What runs too long or says too much is killed, with all that it started in its group.
 */
export function filter(name: string, options: FilterOptions): Transformation {
  const { clock, command, timeout, gate } = options;

  const apply = (poem: Uint8Array, workspace?: Workspace) => {
    let output: Deferred<Uint8Array> | undefined;
    const answer = new Deferred<Uint8Array>(() => (output ?? place).cancel());
    const place = gate.run(() => {
      const run = start(name, options, poem, workspace);
      output = timeout === 0 ? run.output : run.output.addTimeout(timeout, clock);
      output.chainDeferred(answer);
      return run.gone;
    });
    place.addErrback((failure) => answer.errback(failure)); // It did not start.
    return answer.addErrback(toTransformError, name);
  };
  return { name, description: command.join(" "), apply };
}

/** Why a program cannot be started; undefined if it can. It is looked for in $PATH unless `name` is a path. */
export function objectionToProgram(name: string): string | undefined {
  const path = Bun.which(name);
  return path === null ? `there is no program called ${name}` : missingInterpreter(path);
}

interface Run {
  /** What it printed, once it has ended well. Cancelling it kills the process. */
  readonly output: Deferred<Uint8Array>;
  /** Fires when the process has ended. One that was killed may outlive that, and counts until then. */
  readonly gone: Deferred;
}

function start(
  name: string,
  { command, maxOutput, secrets }: FilterOptions,
  poem: Uint8Array,
  workspace: Workspace | undefined,
): Run {
  const child = spawn(name, command, secrets);
  const [stdout, stderr] = [child.stdout.getReader(), child.stderr.getReader()];
  const printed = collect(maxOutput, workspace);
  const tap = new Tap();
  workspace?.comesFrom(tap);
  const complaint = new StderrHead();
  const finished = Promise.all([
    child.exited,
    pour(stdout, (bytes) => printed.take(bytes), tap),
    pour(stderr, (bytes) => complaint.take(bytes)),
  ]);
  void feed(child.stdin, poem);
  const output = fromPromise(finished).addCallbacks(
    ([code]) => {
      if (code === 0) return printed.end();
      const how = child.signalCode === null ? `exit code ${code}` : `ended by ${child.signalCode}`;
      throw new TransformError(name, "exit", `${how}${complaint.firstLine}`);
    },
    (failure) => {
      killGroup(child.pid);
      // What has left the group lives on, but not with our ends of its pipes.
      for (const reader of [stdout, stderr]) void reader.cancel();
      return failure;
    },
  );
  return { output, gone: fromPromise(child.exited) };
}

function spawn(name: string, command: readonly string[], secrets: readonly string[] = []) {
  const without = Object.fromEntries(secrets.map((secret) => [secret, undefined]));
  try {
    return Bun.spawn([...command], {
      env: { ...process.env, ...without }, // By default the one that we started with, whatever was deleted since.
      stdin: "pipe", // Not the poem itself: Bun 1.4.5 keeps a descriptor for it until it is collected as garbage.
      stdout: "pipe",
      stderr: "pipe",
      detached: true, // Leader of a process group, which is killed as one; and a ^C is for us, not for it.
    });
  } catch (error) {
    const why = missingInterpreter(Bun.which(command[0] as string) ?? "") ?? describeSystemError(error);
    throw new TransformError(name, "not_started", why);
  }
}

interface Sink {
  write(bytes: Uint8Array): unknown;
  end(): unknown;
}

async function feed(stdin: Sink, poem: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < poem.length; at += PIECE) await stdin.write(poem.subarray(at, at + PIECE));
    await stdin.end();
  } catch {
    // It has read enough.
  }
}

interface Pieces {
  read(): Promise<{ done: false; value: Uint8Array } | { done: true }>;
}

async function pour(from: Pieces, take: (bytes: Uint8Array) => void, tap?: Tap): Promise<void> {
  for (let piece = await from.read(); !piece.done; piece = await from.read()) {
    take(piece.value);
    await tap?.opened; // Then what prints has to wait, too.
  }
}

/** Can be closed: then nothing is poured for a while. */
class Tap implements Source {
  #opened = Promise.withResolvers<void>();

  constructor() {
    this.#opened.resolve();
  }

  /** Resolves when it is open. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  pauseReading(): void {
    this.#opened = Promise.withResolvers<void>();
  }

  resumeReading(): void {
    this.#opened.resolve();
  }
}

/** Its leader may have ended, and what it started may still hold the output. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // All of them have gone by themselves.
  }
}

/** The beginning of what a filter printed on its standard error. */
class StderrHead {
  #text = "";
  readonly #decoder = new TextDecoder();

  take(bytes: Uint8Array): void {
    if (this.#text.length < STDERR_HEAD)
      this.#text += this.#decoder.decode(bytes.subarray(0, STDERR_HEAD), { stream: true });
  }

  /** Its first line with a colon before it, if there is one. */
  get firstLine(): string {
    const [line = ""] = this.#text.trim().split("\n");
    return line && `: ${line}`;
  }
}
