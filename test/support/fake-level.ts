import type { Forget, LevelWish, Portable, SecondLevel, Turn } from "../../src/cache/second-level.ts";
import { Deferred, fail, succeed } from "../../src/deferred/mod.ts";

/** A value that the level has; the test sets its age. */
export type Shelved = Partial<Omit<Portable, "bytes">> & { readonly text: string };

/** A second level without a store: the test decides what it has, and whether it fails. */
export class FakeLevel implements SecondLevel {
  readonly shelf = new Map<string, Portable>();
  /** The calls that it got, in order. */
  readonly told: string[] = [];
  /** Further look-ups fail with this. */
  failure: Error | undefined = undefined;
  /** The number that it gives to loads. */
  number: number | undefined = undefined;
  /** Look-ups that wait until a test answers them; absent: they are answered at once. */
  waiting: Deferred<Portable | Turn>[] | undefined = undefined;

  /** Stores a value; by default it is fresh for a second, from fetch 1. */
  has(key: string, { text, ...given }: Shelved): void {
    const value = {
      lifetime: { ttl: 1000, grace: 0 },
      age: 0,
      number: 1,
      origin: "store",
      foundAs: "hit",
    } as const;
    this.shelf.set(key, { ...value, bytes: Buffer.from(text), ...given });
  }

  get(key: string, { newerThan }: LevelWish): Deferred<Portable | Turn> {
    this.told.push(`get ${key} > ${newerThan}`);
    if (this.failure) return fail(this.failure);
    const answer = new Deferred<Portable | Turn>();
    if (this.waiting) {
      this.waiting.push(answer);
      return answer;
    }
    answer.callback(this.find(key, newerThan));
    return answer;
  }

  /** The result of `get`. */
  find(key: string, newerThan = 0): Portable | Turn {
    const shelved = this.shelf.get(key);
    if (shelved && shelved.number > newerThan) return shelved;
    return {
      ...(this.number !== undefined && { number: this.number }),
      put: (put) => {
        this.told.push(`put ${key} #${put.number}`);
        this.shelf.set(key, { ...put, origin: "store", foundAs: "hit" });
      },
      drop: (value) => this.told.push(`turn drops ${key} < ${value.number}`),
      fail: (error) => this.told.push(`turn of ${key} fails: ${(error as Error).message}`),
    };
  }

  drop(key: string, number: number): void {
    this.told.push(`drop ${key} < ${number}`);
  }

  purge(what: Forget): Deferred<number> {
    this.told.push(`purge ${what === "all" ? "all" : "key" in what ? what.key : "matches"}`);
    if (this.failure) return fail(this.failure);
    return succeed(this.shelf.size);
  }
}
