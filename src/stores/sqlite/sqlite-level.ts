import { usefulFor } from "../../cache/freshness.ts";
import type { Forget, LevelWish, Portable, SecondLevel, Turn } from "../../cache/second-level.ts";
import { fail, succeed, type Deferred } from "../../deferred/mod.ts";
import { BypassedError, type Breaker } from "../breaker.ts";
import { fromEntryBytes, LONGEST_STORED, toEntryBytes } from "../entry-bytes.ts";
import { Owed } from "../owed.ts";
import type { StoreCounts } from "../store-figures.ts";
import { Turns } from "../turns.ts";
import type { RemoteFile } from "./remote-file.ts";

/** How many keys a purge by pattern checks in one turn. */
const SLICE = 4096;

/** What all services that use a file share. */
export interface SqliteSurroundings {
  readonly file: RemoteFile;
  readonly breaker: Breaker;
  readonly counts: StoreCounts;
  /** Milliseconds of the wall clock since 1970. */
  readonly wall: () => number;
}

/** The answers of one service in a file. */
export class SqliteLevel implements SecondLevel {
  readonly #service: string;
  readonly #file: RemoteFile;
  readonly #breaker: Breaker;
  readonly #wall: () => number;
  readonly #turns = new Turns();
  readonly #owed = new Owed();
  readonly #counts: StoreCounts;

  /** @param service its name and fingerprint: values stored under others are not found */
  constructor(service: string, { file, breaker, counts, wall }: SqliteSurroundings) {
    this.#service = service;
    this.#file = file;
    this.#breaker = breaker;
    this.#counts = counts;
    this.#wall = wall;
  }

  get(key: string, wish: LevelWish): Deferred<Portable | Turn> {
    return this.#breaker
      .run(() => this.#file.read(this.#service, hashOf(key)))
      .addCallback((value) => (value && this.#found(key, value, wish)) ?? this.#turn(key));
  }

  drop(key: string, number: number): void {
    if (this.#breaker.isOpen) this.#owed.drop(key, number);
    else this.#writeBehind(key, number, { does: "drop", service: this.#service, hash: hashOf(key), number });
  }

  purge(what: Forget): Deferred<number> {
    this.#turns.forget(what);
    if (this.#breaker.isOpen) {
      this.#owe(what);
      return fail(new BypassedError());
    }
    return this.#breaker
      .run(() =>
        this.#forget(what).addCallback((count) =>
          this.#file.insist({ does: "sync" }).addCallback(() => count),
        ),
      )
      .addErrback((failure) => {
        this.#owe(what);
        return failure;
      });
  }

  /** Does what was owed while the store failed. */
  settle(): Deferred {
    if (this.#owed.isNothing) return succeed();
    const owed = this.#owed.take();
    const forgotten =
      owed === "all"
        ? this.#forget("all")
        : [...owed].reduce<Deferred>(
            (before, [key, number]) => before.addCallback(() => this.#remove(key, number)),
            succeed(),
          );
    return forgotten
      .addCallback(() => this.#file.insist({ does: "sync" }))
      .addErrback((failure) => {
        this.#owed.giveBack(owed);
        return failure;
      });
  }

  /** The value, if it is intact, newer than wished for and still usable; otherwise the right to load one. */
  #found(key: string, value: Uint8Array, { newerThan, number }: LevelWish): Portable | Turn {
    const entry = fromEntryBytes(value, key);
    if (!entry) {
      this.#counts.damaged++;
      this.drop(key, Infinity);
      return this.#turn(key);
    }
    const { bytes, lifetime, storedAt } = entry;
    const age = this.#wall() - storedAt; // Below 0 if the wall clock was set back.
    if (age >= 0 && age < usefulFor(lifetime) && entry.number > newerThan) {
      this.#counts.hit++;
      return { bytes, lifetime, age, number: entry.number, origin: "store", foundAs: "hit" };
    }
    return this.#turn(key, entry.number < number ? undefined : entry.number + 1);
  }

  #turn(key: string, number?: number): Turn {
    this.#counts.miss++;
    const turn = this.#turns.begin(key);
    return {
      ...(number !== undefined && { number }),
      put: (value) => {
        if (!turn.end()) return;
        if (value.bytes.length > LONGEST_STORED || this.#file.isBehind) this.drop(key, value.number);
        else this.#put(key, value);
      },
      drop: (value) => {
        turn.end();
        this.drop(key, value.number);
      },
      fail: () => void turn.end(),
    };
  }

  #put(key: string, { bytes, lifetime, age, number }: Portable): void {
    if (this.#breaker.isOpen) return this.#owed.drop(key, number);
    this.#counts.put++;
    const storedAt = this.#wall() - age;
    const value = toEntryBytes({ key, bytes, lifetime, number, storedAt });
    const until = storedAt + usefulFor(lifetime);
    this.#writeBehind(key, number, {
      does: "put",
      service: this.#service,
      hash: hashOf(key),
      key,
      number,
      until,
      value,
    });
  }

  /** Writes without anybody waiting. If that fails, the stored value is outdated. */
  #writeBehind(key: string, number: number, command: Parameters<RemoteFile["write"]>[0]): void {
    this.#breaker.run(() => this.#file.write(command)).addErrback(() => this.#owed.drop(key, number));
  }

  #owe(what: Forget): void {
    if (what !== "all" && "key" in what) this.#owed.drop(what.key);
    else this.#owed.all();
  }

  #forget(what: Forget): Deferred<number> {
    if (what === "all") return this.#file.insist({ does: "clear", service: this.#service });
    return "key" in what ? this.#remove(what.key, Infinity) : this.#removeMatching(what.matches, 0, 0);
  }

  #remove(key: string, number: number): Deferred<number> {
    return this.#file.insist({ does: "remove", service: this.#service, hash: hashOf(key), number });
  }

  #removeMatching(matches: (key: string) => boolean, after: number, removed: number): Deferred<number> {
    return this.#file
      .insist({ does: "keys", service: this.#service, after, limit: SLICE })
      .addCallback((rows) => {
        const ids = rows.filter(({ key }) => matches(key)).map(({ id }) => id);
        const last = rows.at(-1);
        return this.#file.insist({ does: "removeAll", ids }).addCallback((count) => {
          if (rows.length < SLICE || !last) return removed + count;
          return this.#removeMatching(matches, last.id, removed + count);
        });
      });
  }
}

/** 128 bits of SHA-256: clients choose the keys, so collisions must be infeasible to find. */
function hashOf(key: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(key).digest().subarray(0, 16);
}
