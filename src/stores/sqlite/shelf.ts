import type { Clock, DelayedCall } from "../../time/clock.ts";
import { StoreError } from "../store-error.ts";
import type { Command, Results, WorkerError } from "./messages.ts";
import { discard, SqliteFile } from "./sqlite-file.ts";

/** What is written in this time becomes one transaction. */
const BATCH_MS = 100;
/** Between two rounds of keeping house. */
const HOUSE_MS = 60_000;
/** What is written sooner if there is more of it. */
const MOST_BATCH_BYTES = 2 ** 20;

/** SQLite's errors after which the file is of no use: only throwing it away gives room, or sense, back. */
const HOPELESS = /^SQLITE_(?:FULL|CORRUPT|NOTADB)/;

export type Reply = (
  outcome: { readonly result: Results[keyof Results] } | { readonly error: WorkerError },
) => void;

export interface ShelfOptions {
  readonly clock: Clock;
  readonly wall: () => number;
}

/** Does in the Worker what it is asked: batches what is written, keeps the size, and closes a file that fails. */
export class Shelf {
  readonly #clock: Clock;
  readonly #wall: () => number;
  #file: SqliteFile | undefined = undefined;
  /** What the last failure was, behind a colon: who hears of it first may be another than whose work failed. */
  #why = "";
  #path = "";
  #maxBytes = 0;
  /** Whoever wrote something that is not committed yet. */
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
        this.#commitSoon(); // When it was used last may have to be noted.
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
      damage = `${(error as Error).message} (${codeOf(error)}); it begins anew`;
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

  /** Does something in slices, with others served in between. */
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

  /** Closes the file; what was not committed has not happened. */
  #failed(error: unknown): void {
    if (error instanceof StoreError || !this.#file) return;
    if (codeOf(error).startsWith("SQLITE_FULL"))
      this.#maxBytes = Math.min(this.#maxBytes, this.#file.bytesThatFit);
    this.#why = `: ${(error as Error).message}, ${codeOf(error)}`;
    this.#letGo(error);
    this.#isDiscarded(error);
  }

  /** Throws the file away if it is of no use after this error. */
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
      // It has failed already: what is lost is told.
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
