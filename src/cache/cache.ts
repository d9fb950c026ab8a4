import { CancelledError, type Deferred, type Failure } from "../deferred/mod.ts";
import type { Clock } from "../time/clock.ts";
import { FlightTable } from "./flight.ts";
import { freshness } from "./freshness.ts";
import { nextHoldDown } from "./hold-down.ts";
import type { Load, Loaded, Wish } from "./load.ts";
import { Found, type Answer, type CacheStatus, type Lookup } from "./lookup.ts";
import { describeEntry, listEntries, type EntryFigures, type ListWish } from "./listing.ts";
import { MemoryStore, type Entry, type Leaving, type StoreLimits } from "./memory-store.ts";
import { purgeEntry, purgeMatching, type Purged, type PurgeOptions } from "./purge.ts";

/** Why a loaded value is not kept. */
export type NotKept = "ttl_zero" | "no_store" | "purged_meanwhile" | "superseded" | "too_large" | "no_room";

/** The outcome of a load. */
export interface Landing<V> {
  readonly wish: Wish;
  readonly outcome: V | Failure;
  /** How many waiters it has. */
  readonly waiters: number;
  /** Why the value is not kept; absent if it is, or if there is none. */
  readonly why?: NotKept | undefined;
}

/** When to refresh entries early, and how long to wait for a fetch if there is a stale entry. */
export interface RefreshOptions {
  /** A hit in this last fraction of the ttl (0 to 1) triggers a refresh; default 0: never. */
  readonly refreshAhead?: number;
  /** Milliseconds to wait for a fresh answer before serving a stale one; default: no limit. */
  readonly staleAfter?: number;
}

/** Options of a Cache. */
export interface CacheOptions<V> extends StoreLimits<V>, RefreshOptions {
  readonly clock: Clock;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Whether a failure says nothing about its key because nothing was tried; default: only a cancellation. */
  readonly saysNothing?: (error: unknown) => boolean;
  /** Called with a loaded value that is not kept. */
  readonly notKept?: (value: V, why: NotKept) => void;
  /** Called after every load, before its waiters fire. */
  readonly landed?: (landing: Landing<V>) => void;
}

/** Values by key: served from memory while they are fresh, otherwise loaded, with one load per key at a time. */
export class Cache<R, V extends Loaded> {
  #options: CacheOptions<V>;
  readonly #load: Load<R, V>;
  readonly #store: MemoryStore<V>;
  readonly #flights: FlightTable<V>;
  readonly #evictions = { memory: 0, expired: 0, replaced: 0, purged: 0 };

  /** @param load called at most once per look-up, and only for a miss or a refresh */
  constructor(options: CacheOptions<V>, load: Load<R, V>) {
    this.#options = options;
    this.#load = load;
    this.#store = new MemoryStore(options, (entry, why) => this.#noteLeaving(entry, why));
    this.#flights = new FlightTable(options.clock);
  }

  /** Changes limits and times; entries and flights stay. */
  renew(changes: RefreshOptions & Pick<StoreLimits<V>, "maxBytes" | "maxEntries">): void {
    const { refreshAhead, staleAfter } = changes;
    // Explicit, because an option that is absent now must not keep its old value.
    this.#options = {
      ...this.#options,
      ...changes,
      refreshAhead: refreshAhead ?? 0,
      staleAfter: staleAfter ?? Infinity,
    };
    this.#store.resize(changes, this.#options.clock);
  }

  get entries(): number {
    return this.#store.size;
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  /** How many entries have left, by reason. */
  get evictions(): Readonly<Record<Leaving | "expired", number>> {
    return this.#evictions;
  }

  get flights(): number {
    return this.#flights.size;
  }

  get waiters(): number {
    return this.#flights.waiters;
  }

  /**
   * Looks up `key` and, unless there is an entry to serve, joins or launches its flight in the same step. A failed
   * fetch fails all its waiters and stores nothing.
   */
  get(key: string, request: R): Lookup<V> {
    const entry = this.#store.get(key);
    return entry ? this.#serve(key, entry, request) : this.#wait(key, request);
  }

  /** Answers from an entry, as its age allows. */
  #serve(key: string, entry: Entry<V>, request: R): Lookup<V> {
    const elapsed = this.#options.clock.now() - entry.storedAt;
    const age = freshness(elapsed, entry.lifetime);
    if (age === "expired") return this.#wait(key, request, entry.value.number);
    if (age === "fresh") {
      if (this.#isDue(entry, elapsed)) this.#refresh(key, entry, request);
      return found(entry, "hit", elapsed);
    }
    if (age === "reserve" && !this.#isHeldDown(entry)) return this.#waitOrFallBack(key, entry, request);
    this.#refresh(key, entry, request);
    return found(entry, "stale", elapsed);
  }

  /** Evicts the least recently used entry; returns false if there is none. */
  evict(): boolean {
    return this.#store.evict();
  }

  /** Drops all entries. Fetches under way still reach their waiters, but are not stored. */
  purge(): Purged {
    const flights = this.#flights.disown(() => true);
    const entries = this.#store.size;
    this.#store.clear();
    return { entries, flights };
  }

  /** Like `purge`, for one key. */
  purgeKey(key: string, options: PurgeOptions = {}): Purged {
    const flights = this.#flights.disown((each) => each === key);
    const isPurged = purgeEntry(this.#store, key, this.#options.clock.now(), options);
    return { entries: isPurged ? 1 : 0, flights };
  }

  /** Like `purge`, for all keys that match, a slice per turn of the event loop. Fires when all are purged. */
  purgeMatching(matches: (key: string) => boolean, options: PurgeOptions = {}): Deferred<Purged> {
    const flights = this.#flights.disown(matches);
    return purgeMatching(this.#store, this.#options.clock, matches, options).addCallback((entries) => ({
      entries,
      flights,
    }));
  }

  describe(key: string): EntryFigures | undefined {
    return describeEntry(this.#store, key, this.#options.clock.now());
  }

  /** Describes the first entries in the order of `wish`, a slice of the keys per turn of the event loop. */
  list(wish: ListWish): Deferred<EntryFigures[]> {
    return listEntries(this.#store, this.#options.clock, wish);
  }

  #noteLeaving(entry: Entry<V>, why: Leaving): void {
    const age = this.#options.clock.now() - entry.storedAt;
    const isExpired = why !== "purged" && freshness(age, entry.lifetime) === "expired";
    this.#evictions[isExpired ? "expired" : why]++;
  }

  #wait(key: string, request: R, newerThan = 0, hasStandIn = false): Lookup<V> {
    const status = this.#flights.has(key) ? "coalesced" : "miss";
    const value = this.#flights.join(
      key,
      (begun) => this.#loadAndKeep(key, request, { cause: "miss", newerThan, begun }),
      hasStandIn, // Waiters may leave with the stale entry, which has to be replaced nevertheless.
    );
    const answer = value.addCallback((loaded) => this.#answerWith(key, request, loaded, status));
    return { status, hasStandIn, answer };
  }

  /** A value from a second level that is past its ttl is treated like an entry of this cache. */
  #answerWith(key: string, request: R, value: V, status: CacheStatus): Answer<V> | Deferred<Answer<V>> {
    const { lifetime, age, foundAs } = value;
    if (foundAs === undefined) return { value, status };
    if (lifetime.ttl === 0 || freshness(age, lifetime) === "fresh")
      return { value, age, status: status === "miss" ? foundAs : status };
    const entry = this.#store.get(key) ?? this.#entryOf(value);
    return this.#serve(key, entry, request).answer;
  }

  #entryOf(value: V): Entry<V> {
    return { value, storedAt: this.#options.clock.now() - value.age, lifetime: value.lifetime, hits: 0 };
  }

  /** Waits for a fresh answer; the stale one stands in if that fails or takes too long (as RFC 8767 does for DNS). */
  #waitOrFallBack(key: string, entry: Entry<V>, request: R): Lookup<V> {
    const { clock, staleAfter = Infinity } = this.#options;
    const lookup = this.#wait(key, request, entry.value.number, true);
    const old = () => {
      entry.hits++;
      return { value: entry.value, status: "stale", age: clock.now() - entry.storedAt } as const;
    };
    let answer: Deferred<Answer<V>> = lookup.answer;
    if (staleAfter !== Infinity) answer = answer.addTimeout(staleAfter, clock, old);
    answer = answer.addErrback((failure) => {
      if (failure.check(CancelledError)) failure.throwException(); // The waiter has left.
      return old();
    });
    return { ...lookup, answer };
  }

  #refresh(key: string, entry: Entry<V>, request: R): void {
    if (this.#isHeldDown(entry)) return;
    const newerThan = entry.value.number;
    this.#flights.launch(key, (begun) =>
      this.#loadAndKeep(key, request, { cause: "refresh", newerThan, begun }),
    );
  }

  #loadAndKeep(key: string, request: R, wish: Wish): Deferred<V> {
    return this.#load(request, wish, key).addCallbacks(
      (value) => {
        const why = this.#flights.isDisowned(key) ? "purged_meanwhile" : this.#keep(key, value);
        if (why) this.#letGo(key, value, why);
        this.#reportLanding(key, wish, value, why);
        return value;
      },
      (failure) => {
        // Cancelled: it had no waiters left and had not begun.
        const isOfKey = !failure.check(CancelledError) && !this.#options.saysNothing?.(failure.value);
        if (isOfKey) this.#noteFailure(key);
        this.#reportLanding(key, wish, failure);
        return failure;
      },
    );
  }

  #reportLanding(key: string, wish: Wish, outcome: V | Failure, why?: NotKept): void {
    this.#options.landed?.({ wish, outcome, why, waiters: this.#flights.waitersFor(key) });
  }

  /** Holds down the entry of a key after a failed fetch: it stays, and is not refreshed again for a while. */
  #noteFailure(key: string): void {
    const { clock, random = Math.random } = this.#options;
    const entry = this.#store.peek(key);
    if (entry) entry.holdDown = nextHoldDown(entry.holdDown, clock.now(), random);
  }

  #keep(key: string, value: V): NotKept | undefined {
    const { ttl, notKept = "ttl_zero" } = value.lifetime;
    if (ttl === 0) return notKept;
    const put = this.#store.put(key, this.#entryOf(value));
    return put === "stored" ? undefined : put;
  }

  /** Drops an older entry: even a value that is not kept is the newest one, after which no older one must be served. */
  #letGo(key: string, value: V, why: NotKept): void {
    this.#store.drop(key, value.number);
    this.#options.notKept?.(value, why);
  }

  /** Whether a fresh entry is in the last fraction of its ttl and should be refreshed. */
  #isDue({ lifetime: { ttl } }: Entry<V>, elapsed: number): boolean {
    const { refreshAhead = 0 } = this.#options;
    return elapsed >= ttl * (1 - refreshAhead); // Not `ttl - elapsed`, which is infinite for an infinite ttl.
  }

  #isHeldDown({ holdDown: held }: Entry<V>): boolean {
    return held !== undefined && this.#options.clock.now() < held.until;
  }
}

function found<V extends Loaded>(entry: Entry<V>, status: "hit" | "stale", age: number): Found<V> {
  entry.hits++;
  return new Found(entry.value, status, age);
}
