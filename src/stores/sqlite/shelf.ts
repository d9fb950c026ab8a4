import type { Clock, DelayedCall } from "../../time/clock.ts";
import { StoreError } from "../store-error.ts";
import type { Command, Results, WorkerError } from "./messages.ts";
import { discard, SqliteFile } from "./sqlite-file.ts";

/** Milliseconds: writes within this time become one transaction. */
const BATCH_MS = 100;
/** Milliseconds between two rounds of housekeeping. */
const HOUSE_MS = 60_000;
/** Bytes: a larger batch is committed at once. */
const MOST_BATCH_BYTES = 2 ** 20;

/** SQLite's errors after which the file is unusable and has to be removed. */
const HOPELESS = /^SQLITE_(?:FULL|CORRUPT|NOTADB)/;

/** Sends the outcome of a command. */
export type Reply = (
  outcome: { readonly result: Results[keyof Results] } | { readonly error: WorkerError },
) => void;

/** Options of a Shelf. */
export interface ShelfOptions {
  readonly clock: Clock;
  /** Milliseconds of the wall clock since 1970. */
  readonly wall: () => number;
}

/** Executes commands in the Worker: batches writes, keeps the file within its size, and closes a file that fails. */
export class Shelf {
  readonly #clock: Clock;
  readonly #wall: () => number;
  #file: SqliteFile | undefined = undefined;
  /** The last failure, after a colon: it may have occurred in work whose outcome no caller sees. */
  #why = "";
  #path = "";
  #maxBytes = 0;
  /** Replies to writes that are not committed yet. */
  #uncommitted: Reply[] = [];
  #batchBytes = 0;
  #commit: DelayedCall | undefined = undefined;
  #housekeeping: DelayedCall | undefined = undefined;

  constructor({ clock, wall }: ShelfOptions) {
    this.#clock = clock;
    this.#wall = wall;
  }

  do(command: Command, reply: Reply): void {
    try {
      if (command.does === "put" || command.does === "drop") {
        this.#write(command, reply);
      } else {
        reply({ result: this.#answer(command) });
      }
    } catch (error) {
      this.#failed(error);
      reply({ error: toWorkerError(error) });
    }
  }

  #answer(command: Exclude<Command, { readonly does: "put" | "drop" }>): Results[keyof Results] {
    if (command.does === "open") return this.#open(command);
    if (command.does === "close") return this.#close();
    const file = this.#opened;
    switch (command.does) {
      case "get": {
        const value = file.get(command.service, command.hash, this.#wall());
        this.#commitSoon(); // The time of its last use may have to be written.
        return value;
      }
      case "keys":
        return file.keys(command.service, command.after, command.limit);
      case "remove":
        return file.drop(command.service, command.hash, command.number);
      case "removeAll":
        return file.remove(command.ids);
      case "clear":
        return file.clear(command.service);
      case "figures":
        return { entries: file.entries, bytes: file.usedBytes };
      default:
        this.#commitNow();
        return file.commitDurably();
    }
  }

  get #opened(): SqliteFile {
    if (this.#file) return this.#file;
    throw Object.assign(new Error(`it is closed after a failure${this.#why}`), { code: "CLOSED" });
  }

  #open({ path, maxBytes }: { readonly path: string; readonly maxBytes: number }): string | undefined {
    let damage: string | undefined;
    if (this.#file?.isInPlace) return damage;
    this.#letGo();
    if (this.#path !== path) this.#maxBytes = maxBytes;
    this.#path = path;
    try {
      this.#file = new SqliteFile(path, this.#maxBytes);
    } catch (error) {
      if (!this.#isDiscarded(error)) throw error;
      damage = `${(error as Error).message} (${codeOf(error)}); starting afresh`;
      this.#file = new SqliteFile(path, this.#maxBytes);
    }
    this.#housekeeping = this.#clock.callLater(HOUSE_MS, () => this.#keepHouse());
    return damage;
  }

  #write(command: Command & { readonly does: "put" | "drop" }, reply: Reply): void {
    if (command.does === "put") this.#opened.put(command, this.#wall());
    else this.#opened.drop(command.service, command.hash, command.number);
    this.#uncommitted.push(reply);
    this.#batchBytes += command.does === "put" ? command.value.length : 0;
    if (this.#batchBytes < MOST_BATCH_BYTES) this.#commitSoon();
    else this.#commitNow();
  }

  #commitSoon(): void {
    this.#commit ??= this.#clock.callLater(BATCH_MS, () => this.#tryTo(() => this.#commitNow()));
  }

  #commitNow(): void {
    this.#commit?.cancel();
    this.#commit = undefined;
    this.#batchBytes = 0;
    this.#opened.commit();
    for (const reply of this.#uncommitted.splice(0)) reply({ result: undefined });
    const tidy = () => this.#opened.noteUses() || this.#opened.makeRoom();
    if (tidy()) this.#goOn(tidy);
  }

  #keepHouse(): void {
    this.#housekeeping = this.#clock.callLater(HOUSE_MS, () => this.#keepHouse());
    this.#tryTo(() => {
      if (!this.#opened.isInPlace) throw Object.assign(new Error("its file has gone"), { code: "ENOENT" });
      this.#goOn(() => this.#opened.sweep(this.#wall()));
      this.#opened.checkpoint();
    });
  }

  /** Continues work in slices, with commands served in between. */
  #goOn(slice: () => boolean): void {
    this.#clock.nextTurn(() => this.#tryTo(() => slice() && this.#goOn(slice)));
  }

  #tryTo(work: () => void): void {
    try {
      if (this.#file) work();
    } catch (error) {
      this.#failed(error);
    }
  }

  #close(): undefined {
    this.#housekeeping?.cancel();
    if (!this.#file) return;
    this.#commitNow();
    this.#file.checkpoint();
    this.#file.close();
    this.#file = undefined;
  }

  /** Closes the file. Writes that were not committed are lost. */
  #failed(error: unknown): void {
    if (error instanceof StoreError || !this.#file) return;
    if (codeOf(error).startsWith("SQLITE_FULL"))
      this.#maxBytes = Math.min(this.#maxBytes, this.#file.bytesThatFit);
    this.#why = `: ${(error as Error).message}, ${codeOf(error)}`;
    this.#letGo(error);
    this.#isDiscarded(error);
  }

  /** Removes the file if it is unusable after this error; returns whether it is. */
  #isDiscarded(error: unknown): boolean {
    if (error instanceof StoreError || !HOPELESS.test(codeOf(error))) return false;
    discard(this.#path, { isDamaged: !codeOf(error).startsWith("SQLITE_FULL") });
    return true;
  }

  #letGo(error: unknown = new Error("its file has gone")): void {
    this.#commit?.cancel();
    this.#commit = undefined;
    this.#batchBytes = 0;
    this.#housekeeping?.cancel();
    const file = this.#file;
    this.#file = undefined;
    for (const reply of this.#uncommitted.splice(0)) reply({ error: toWorkerError(error) });
    try {
      file?.close();
    } catch {
      // The failure before this one is reported.
    }
  }
}

function codeOf(error: unknown): string {
  return (error as { readonly code?: string }).code ?? "";
}

function toWorkerError(error: unknown): WorkerError {
  const { message, code = "UNKNOWN" } = error as Error & { readonly code?: string };
  if (error instanceof StoreError) return { message: error.detail, code, fault: error.fault };
  return { message, code };
}
