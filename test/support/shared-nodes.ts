import type { LevelWish, Portable, SecondLevel, Turn } from "../../src/cache/second-level.ts";
import { CancelledError } from "../../src/deferred/mod.ts";
import { RedisStore, type RedisOptions } from "../../src/stores/redis/redis-store.ts";
import { systemClock } from "../../src/time/clock.ts";
import { nextTurn } from "./next-turn.ts";

/** A value that could be from an upstream. */
export function valueWith(text: string | Uint8Array, given: Partial<Portable> = {}): Portable {
  const lifetime = { ttl: 60_000, grace: 0, staleIfError: 0 };
  return { bytes: Buffer.from(text), lifetime, age: 0, number: 1, origin: "upstream", ...given };
}

/** A node that shares its values through a server. */
export class SharedNode implements AsyncDisposable {
  readonly store: RedisStore;
  readonly level: SecondLevel;
  /** What it reported: why the server failed, and "restored". */
  readonly told: readonly string[];

  private constructor(store: RedisStore, patience: number, told: readonly string[]) {
    this.store = store;
    this.level = store.level("poems 1", patience);
    this.told = told;
  }

  static async open(
    url: string,
    { patience = 0, ...options }: Partial<RedisOptions> & { patience?: number } = {},
  ): Promise<SharedNode> {
    const told: string[] = [];
    const store = await RedisStore.open({
      url,
      timeout: 10_000,
      clock: systemClock,
      node: crypto.randomUUID(),
      name: "redis",
      failed: (error) => told.push((error as Error).message),
      restored: () => told.push("restored"),
      ...options,
    });
    return new SharedNode(store, patience, told);
  }

  async find(key: string, wish: Partial<LevelWish> = {}): Promise<Portable | Turn> {
    return this.level.get(key, { newerThan: 0, number: 1, ...wish });
  }

  /** The turn to load a key. */
  async turn(key: string, wish: Partial<LevelWish> = {}): Promise<Turn & { readonly number: number }> {
    const found = await this.find(key, wish);
    if (!("put" in found)) throw new Error("The level has it already");
    return found as Turn & { readonly number: number };
  }

  /** The value of a key. */
  async value(key: string, wish: Partial<LevelWish> = {}): Promise<Portable> {
    const found = await this.find(key, wish);
    if ("put" in found) throw new Error("The level does not have it");
    return found;
  }

  /** Whether the level has it. */
  async has(key: string, wish: Partial<LevelWish> = {}): Promise<boolean> {
    const found = await this.find(key, wish);
    if ("put" in found) found.fail(new CancelledError());
    return !("put" in found);
  }

  /** Resolves when that many loads of others are awaited. */
  async untilWaiting(count: number): Promise<void> {
    while (this.store.waiting < count) await nextTurn();
  }

  /** Loads a key. */
  async load(key: string, text: string | Uint8Array, given: Partial<Portable> = {}): Promise<number> {
    const turn = await this.turn(key, { newerThan: 2 ** 52 });
    turn.put(valueWith(text, { number: turn.number, ...given }));
    return turn.number;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}

/** Resolves when one of the nodes waits for another. */
export async function untilOneWaits(...nodes: readonly SharedNode[]): Promise<void> {
  while (nodes.every(({ store }) => store.waiting === 0)) await nextTurn();
}
