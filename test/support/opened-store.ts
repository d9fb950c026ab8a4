import { join } from "node:path";
import type { LevelWish, Portable, SecondLevel, Turn } from "../../src/cache/second-level.ts";
import { SqliteStore, type SqliteOptions } from "../../src/stores/sqlite/sqlite-store.ts";
import { systemClock } from "../../src/time/clock.ts";
import { wallClock } from "../../src/time/time-of-day.ts";
import { TempDir } from "./temp-dir.ts";

/** A store in its own file, closed at the end of the test. */
export class OpenedStore implements AsyncDisposable {
  readonly store: SqliteStore;
  readonly level: SecondLevel;
  /** What it reported: why it failed, and "restored". */
  readonly told: readonly string[];

  private constructor(store: SqliteStore, told: readonly string[]) {
    this.store = store;
    this.level = store.level("poems 1");
    this.told = told;
  }

  static async open(path: string, options: Partial<SqliteOptions> = {}): Promise<OpenedStore> {
    const told: string[] = [];
    const store = await SqliteStore.open({
      path,
      maxBytes: 2 ** 30,
      timeout: 60_000,
      clock: systemClock,
      wall: wallClock,
      failed: (error) => told.push(String(error)),
      restored: () => told.push("restored"),
      ...options,
    });
    return new OpenedStore(store, told);
  }

  /** The value of a key, or the turn to load it. */
  async find(key: string, wish: Partial<LevelWish> = {}): Promise<Portable | Turn> {
    return this.level.get(key, { newerThan: 0, number: 1, ...wish });
  }

  /** The text of the value of a key. */
  async textOf(key: string, wish: Partial<LevelWish> = {}): Promise<string | undefined> {
    const found = await this.find(key, wish);
    if (!("put" in found)) return Buffer.from(found.bytes).toString();
    found.fail(new Error("only looking"));
    return undefined;
  }

  /** Loads a key, as if an upstream had sent `text`. */
  async load(key: string, text: string | Uint8Array, given: Partial<Portable> = {}): Promise<void> {
    const turn = await this.find(key, { newerThan: Infinity });
    if (!("put" in turn)) throw new Error("The level has it already");
    turn.put({
      bytes: Buffer.from(text),
      lifetime: { ttl: 60_000, grace: 0, staleIfError: 0 },
      age: 0,
      number: 1,
      origin: "upstream",
      ...given,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close(10_000);
  }
}

/** A directory, and the path of a possible store in it. */
export class StoreDir extends TempDir {
  readonly file = join(this.path, "poetry.db");
}
