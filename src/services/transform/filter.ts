import type { Clock } from "../../time/clock.ts";
import { Deferred, fromPromise } from "../../deferred/mod.ts";
import { describeSystemError } from "../../net/errors.ts";
import { missingInterpreter } from "../../net/system/interpreter.ts";
import { collect } from "../../protocols/one-shot.ts";
import type { FetchGate } from "../fetch/gate.ts";
import type { Source } from "../intake.ts";
import { toTransformError, TransformError, type Transformation, type Workspace } from "./transformation.ts";

/** Options of filter(). */
export interface FilterOptions {
  readonly clock: Clock;
  /** The program and its arguments, passed on as they are: there is no shell. */
  readonly command: readonly string[];
  /** Time limit of a run, in milliseconds; 0 = no limit. */
  readonly timeout: number;
  /** Bytes of the longest output. */
  readonly maxOutput: number;
  /** Variables that are left out of its environment. Default: none. */
  readonly secrets?: readonly string[];
  /** Limits how many run at a time; shared with other filters. */
  readonly gate: FetchGate;
}

/** Bytes written to a filter at a time: Bun copies whatever a pipe does not accept. */
const PIECE = 64 * 1024;

/** Bytes of a filter's standard error that are kept for the log. */
const STDERR_HEAD = 512;

/**
 * A program as a transformation: it gets the poem on standard input, and its output is the answer if it exits with 0.
 * It need not read all of its input. If it runs too long or prints too much, its process group is killed.
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

/** Why a program cannot be started; undefined if it can. It is looked for in $PATH, unless the name is a path. */
export function objectionToProgram(name: string): string | undefined {
  const path = Bun.which(name);
  return path === null ? `there is no program called ${name}` : missingInterpreter(path);
}

interface Run {
  /** Fires with its output once it has exited with 0. Cancelling kills the process group. */
  readonly output: Deferred<Uint8Array>;
  /** Fires when the process has ended. A killed one may take a while, and keeps its place at the gate until then. */
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
  workspace?.setSource(tap);
  const errorOutput = new StderrHead();
  const finished = Promise.all([
    child.exited,
    pour(stdout, (bytes) => printed.take(bytes), tap),
    pour(stderr, (bytes) => errorOutput.take(bytes)),
  ]);
  void feed(child.stdin, poem);
  const output = fromPromise(finished).addCallbacks(
    ([code]) => {
      if (code === 0) return printed.end();
      const how = child.signalCode === null ? `exit code ${code}` : `ended by ${child.signalCode}`;
      throw new TransformError(name, "exit", `${how}${errorOutput.firstLine}`);
    },
    (failure) => {
      killGroup(child.pid);
      // A process that left the group lives on, but its pipes are closed on our side.
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
      env: { ...process.env, ...without }, // Bun's default is the environment at start, even if variables were deleted since.
      stdin: "pipe", // Not the poem itself: Bun 1.4.5 keeps a descriptor for it until it is garbage-collected.
      stdout: "pipe",
      stderr: "pipe",
      detached: true, // Leads a process group, which can be killed as a whole, and which ^C does not reach.
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
    await tap?.opened; // While it is closed the pipe fills up, and the program has to wait.
  }
}

/** Stops and resumes pour(). */
class Tap implements Source {
  #opened = Promise.withResolvers<void>();

  constructor() {
    this.#opened.resolve();
  }

  /** Resolves once it is open. */
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

/** Kills a whole group: processes that its leader started may outlive it and hold its output open. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // All of them have ended already.
  }
}

/** The start of a filter's standard error. */
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
