import ms from "ms";
import type { Clock } from "../../time/clock.ts";
import {
  CancelledError,
  fromPromise,
  TimeoutError,
  type Deferred,
  type Failure,
} from "../../deferred/mod.ts";
import { describeSystemError } from "../../net/errors.ts";
import { collect, TooLongError } from "../../protocols/one-shot.ts";
import { OverflowError, type FetchGate } from "../fetch/gate.ts";
import { TransformError, type Transformation } from "./transformation.ts";

export interface FilterOptions {
  readonly clock: Clock;
  /** The program and its arguments, as they are: no shell reads them. */
  readonly command: readonly string[];
  /** Milliseconds for a run; 0 = no limit. */
  readonly timeout: number;
  /** Bytes of the longest output. */
  readonly maxOutput: number;
  /** How many may run; shared with other filters. */
  readonly gate: FetchGate;
}

/** Bytes of a filter's complaints that are kept for the log. */
const COMPLAINT = 512;

/**
 * A program as a transformation: the poem on its standard input, what it prints is the answer, if it exits with 0. It
 * need not read all of its input. What runs too long or says too much is killed, with all that it started.
 */
export function filter(name: string, options: FilterOptions): Transformation {
  const { clock, command, timeout, maxOutput, gate } = options;
  const run = (poem: Uint8Array) => {
    const output = runProcess(name, command, poem, maxOutput);
    return timeout === 0 ? output : output.addTimeout(timeout, clock);
  };
  const apply = (poem: Uint8Array) => gate.run(() => run(poem)).addErrback(toTransformError, name);
  return { name, description: command.join(" "), apply };
}

/** Whether there is a program of this name, in $PATH unless it is a path. */
export function isProgram(name: string): boolean {
  return Bun.which(name) !== null;
}

/** One run. Cancelling it kills the process. */
function runProcess(
  name: string,
  command: readonly string[],
  poem: Uint8Array,
  maxOutput: number,
): Deferred<Uint8Array> {
  const child = Bun.spawn([...command], {
    stdin: poem,
    stdout: "pipe",
    stderr: "pipe",
    detached: true, // Leader of a process group, which is killed as one; and a ^C is for us, not for it.
  });
  const output = collect(maxOutput);
  const complaint = new Complaint();
  const over = Promise.all([
    child.exited,
    pour(child.stdout, (bytes) => output.take(bytes)),
    pour(child.stderr, (bytes) => complaint.take(bytes)),
  ]);
  return fromPromise(over).addCallbacks(
    ([code]) => {
      if (code === 0) return output.end();
      const how = child.signalCode === null ? `exit code ${code}` : `ended by ${child.signalCode}`;
      throw new TransformError(name, "exit", `${how}${complaint.said}`);
    },
    (failure) => {
      killGroup(child.pid);
      return failure;
    },
  );
}

async function pour(from: ReadableStream<Uint8Array>, take: (bytes: Uint8Array) => void): Promise<void> {
  for await (const bytes of from) take(bytes);
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
class Complaint {
  #text = "";
  readonly #decoder = new TextDecoder();

  take(bytes: Uint8Array): void {
    if (this.#text.length < COMPLAINT)
      this.#text += this.#decoder.decode(bytes.subarray(0, COMPLAINT), { stream: true });
  }

  /** Its first line, if there is one. */
  get said(): string {
    const [line = ""] = this.#text.trim().split("\n");
    return line && `: ${line}`;
  }
}

/** Whatever went wrong, as one kind of error; a run that was cancelled stays so. */
function toTransformError(failure: Failure, name: string): never {
  const { value } = failure;
  const failed = (reason: TransformError["reason"], detail: string) =>
    new TransformError(name, reason, detail);
  if (value instanceof TransformError || value instanceof CancelledError) throw value;
  if (value instanceof TimeoutError) throw failed("timeout", `not finished within ${ms(value.ms)}`);
  if (value instanceof TooLongError) throw failed("too_large", value.message);
  if (value instanceof OverflowError) throw failed("overflow", value.message);
  throw failed("not_started", describeSystemError(value));
}
