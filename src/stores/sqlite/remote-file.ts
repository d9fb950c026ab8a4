import { Deferred, DeferredSemaphore } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import { StoreError } from "../store-error.ts";
import type { Answered, Asked, Command, Results, WorkerError } from "./messages.ts";

/** Options of a RemoteFile. */
export interface RemoteOptions {
  readonly path: string;
  /** How long to wait for a reply, in milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Default: a thread of this process. */
  readonly startWorker?: (() => Worker) | undefined;
}

/** Milliseconds to wait for a purge or a write, where certainty matters more than speed. */
const PATIENCE_MS = 10_000;
/** Bytes that may wait for a slow disk. */
const MOST_UNWRITTEN = 8 * 2 ** 20;
/** Maximum number of concurrent reads. The Worker does them one by one, and each result may take 1 MiB. */
const READS = 16;

/** The database file as the rest of the process sees it: every command goes to a Worker, and may be late or fail. */
export class RemoteFile {
  readonly #options: RemoteOptions;
  readonly #died: (error: Error) => void;
  readonly #asked = new Map<number, Deferred>();
  readonly #reads = new DeferredSemaphore(READS);
  #worker: Worker | undefined = undefined;
  #count = 0;
  #unwrittenBytes = 0;

  /** @param died called when the Worker has ended unexpectedly; the next command starts another */
  constructor(options: RemoteOptions, died: (error: Error) => void) {
    this.#options = options;
    this.#died = died;
  }

  /** Sends a command. Fails with TimeoutError if there is no reply in time. */
  ask<C extends Command>(command: C, timeout = this.#options.timeout): Deferred<Results[C["does"]]> {
    const id = ++this.#count;
    const answer = new Deferred<Results[C["does"]]>(() => void this.#asked.delete(id));
    this.#asked.set(id, answer);
    const transfer = command.does === "put" ? [command.value.buffer as ArrayBuffer] : [];
    this.#running().postMessage({ id, command } satisfies Asked, transfer);
    return answer.addTimeout(timeout, this.#options.clock);
  }

  /** Reads the bytes of an entry. Fails with TimeoutError if they do not arrive in time. */
  read(service: string, hash: Uint8Array): Deferred<Uint8Array | undefined> {
    const { timeout, clock } = this.#options;
    const read = this.#reads.run(() => this.ask({ does: "get", service, hash }, Infinity));
    return read.addTimeout(timeout, clock);
  }

  /** Sends a command with a longer timeout, because its completion has to be certain. */
  insist<C extends Command>(command: C): Deferred<Results[C["does"]]> {
    return this.ask(command, PATIENCE_MS);
  }

  /** Whether so many bytes wait for the disk that no more values should be written. */
  get isBehind(): boolean {
    return this.#unwrittenBytes >= MOST_UNWRITTEN;
  }

  /** Write-behind: fires once the write has been committed. */
  write(command: Command & { readonly does: "put" | "drop" }): Deferred<undefined> {
    const bytes = command.does === "put" ? command.value.length : 0;
    this.#unwrittenBytes += bytes;
    return this.insist(command).addBoth((outcome) => {
      this.#unwrittenBytes -= bytes;
      return outcome;
    });
  }

  /** Ends the Worker. Pending commands fail. */
  end(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.terminate();
    this.#failAll(new Error("closed"));
  }

  #running(): Worker {
    return (this.#worker ??= this.#start());
  }

  #start(): Worker {
    const worker = (this.#options.startWorker ?? startWorker)();
    worker.addEventListener("message", ({ data }: MessageEvent<Answered>) => this.#answered(data));
    worker.addEventListener("error", ({ message }) => this.#ended(worker, message));
    worker.addEventListener("close", () => this.#ended(worker, "its thread has ended"));
    return worker;
  }

  #answered(answered: Answered): void {
    const waiting = this.#asked.get(answered.id);
    this.#asked.delete(answered.id);
    if (!waiting) return; // It timed out or was cancelled.
    if ("error" in answered) waiting.errback(toError(answered.error, this.#options.path));
    else waiting.callback(answered.result);
  }

  #ended(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const error = new Error(why);
    this.#failAll(error);
    this.#died(error);
  }

  #failAll(error: Error): void {
    const waiting = [...this.#asked.values()];
    this.#asked.clear();
    for (const each of waiting) each.errback(error);
  }
}

/** In the executable, the Worker has the path that it has in the source tree, within Bun's virtual file system. */
function startWorker(): Worker {
  const isCompiled = import.meta.url.includes("$bunfs");
  return new Worker(isCompiled ? "./src/stores/sqlite/worker.ts" : new URL("./worker.ts", import.meta.url));
}

/** Configuration errors, where a retry would not help. */
const MISTAKES: ReadonlySet<string> = new Set([
  "EACCES",
  "EISDIR",
  "ENAMETOOLONG",
  "ENOENT",
  "ENOTDIR",
  "EPERM",
]);

function toError({ message, code, fault }: WorkerError, path: string): Error {
  if (fault) return new StoreError(path, fault, message);
  // Not the file itself: that would have been made.
  if (code === "ENOENT") return new StoreError(path, "unusable", "its directory does not exist (ENOENT)");
  if (MISTAKES.has(code)) return new StoreError(path, "unusable", message);
  return new Error(`${message} (${code})`);
}
