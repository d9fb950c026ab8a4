import { CancelledError, type Deferred, succeed } from "../deferred/mod.ts";
import type { Clock } from "../time/clock.ts";
import { FlightTable } from "./flight.ts";
import { freshness, type Lifetime } from "./freshness.ts";
import { nextHoldDown } from "./hold-down.ts";
import { MemoryStore, type Entry, type StoreLimits } from "./memory-store.ts";

/** How a look-up was answered: from a fresh entry, from one past its ttl, by a new fetch, by one under way. */
export type CacheStatus = "hit" | "stale" | "miss" | "coalesced";

/** What the cache has to know of a value. */
export interface Loaded {
  /** How long it may be served; a ttl of 0: it goes to those who wait for it, and is not kept. */
  readonly lifetime: Lifetime;
  /** Milliseconds since it was made. */
  readonly age: number;
  /** The number of the fetch it comes from: a larger one began later. */
  readonly number: number;
}

/** Why a value is loaded. */
export interface Wish {
  readonly cause: "miss" | "refresh";
  /** The number of the value that is to be replaced: nothing that old will do. 0: any value will. */
  readonly newerThan: number;
  /** To be called when loading has begun: until then it is cancelled when nobody waits for it any more. */
  readonly begun: () => void;
}

/** A value, and how it was come by. */
export interface Answer<V> {
  readonly value: V;
  readonly status: CacheStatus;
}

export interface Lookup<V> {
  /** What the look-up found. Those who wait may be served otherwise in the end: their answer says how. */
  readonly status: CacheStatus;
  /** Whether an old entry stands by, in case the fetch fails or takes too long. */
  readonly hasStandIn: boolean;
  /** Has fired already for `hit` and `stale`. Cancelling it leaves the flight; a fetch that has begun goes on. */
  readonly answer: Deferred<Answer<V>>;
}

/** Why a value that was loaded is not kept. */
export type NotKept = "ttl_zero" | "no_store" | "purged_meanwhile" | "superseded" | "too_large";

/** When to fetch before it is needed, and how long to wait for a fetch when there is an old entry. */
export interface RefreshOptions {
  /** The part of its ttl, from 0 to 1, that an entry has left when being hit makes it refreshed; default 0: none. */
  readonly refreshAhead?: number;
  /** Milliseconds to wait for a fresh answer before one from the reserve is given; default: as long as it takes. */
  readonly staleAfter?: number;
}

export interface CacheOptions<V> extends StoreLimits<V>, RefreshOptions {
  readonly clock: Clock;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Whether a failure says nothing of its key, because nothing was tried; by default each but a cancellation does. */
  readonly saysNothing?: (error: unknown) => boolean;
  /** Told of a value that was loaded and is not kept. */
  readonly notKept?: (value: V, why: NotKept) => void;
}

/** Gets the value for `request`, whose key is `key`. */
export type Load<R, V> = (request: R, wish: Wish, key: string) => Deferred<V>;

/** Answers by key: kept while they are fresh, loaded once at a time when they are not. */
export class Cache<R, V extends Loaded> {
  readonly #options: CacheOptions<V>;
  readonly #load: Load<R, V>;
  readonly #store: MemoryStore<V>;
  readonly #flights: FlightTable<V>;
  #purges = 0;

  /** @param load is called at most once a look-up, and only for a miss or a refresh */
  constructor(options: CacheOptions<V>, load: Load<R, V>) {
    this.#options = options;
    this.#load = load;
    this.#store = new MemoryStore(options);
    this.#flights = new FlightTable(options.clock);
  }

  /** Entries now. */
  get entries(): number {
    return this.#store.size;
  }

  /** Bytes of all entries now. */
  get bytes(): number {
    return this.#store.bytes;
  }

  /** Fetches under way. */
  get flights(): number {
    return this.#flights.size;
  }

  /** How many wait, for whatever key. */
  get waiters(): number {
    return this.#flights.waiters;
  }

  /**
   * Looks `key` up and, in the same step, launches or joins its flight where the entry does not serve. A fetch that
   * fails, fails everyone who waits and stores nothing.
   */
  get(key: string, request: R): Lookup<V> {
    const entry = this.#store.get(key);
    if (!entry) return this.#wait(key, request);
    const elapsed = this.#options.clock.now() - entry.storedAt;
    const age = freshness(elapsed, entry.value.lifetime);
    if (age === "expired") return this.#wait(key, request);
    if (age === "fresh") {
      if (this.#isDue(entry, elapsed)) this.#refresh(key, entry, request);
      return served(entry, "hit");
    }
    if (age === "reserve" && !this.#isHeldDown(entry)) return this.#waitOrFallBack(key, entry, request);
    this.#refresh(key, entry, request);
    return served(entry, "stale");
  }

  /** Forgets all entries; a fetch under way still reaches those who wait for it, but is not stored. */
  purge(): void {
    this.#purges++;
    this.#store.clear();
  }

  #wait(key: string, request: R, newerThan = 0, hasStandIn = false): Lookup<V> {
    const status = this.#flights.has(key) ? "coalesced" : "miss";
    const value = this.#flights.join(
      key,
      (begun) => this.#loadAndKeep(key, request, { cause: "miss", newerThan, begun }),
      hasStandIn, // Some leave with the old one: it is to be replaced all the same.
    );
    return { status, hasStandIn, answer: value.addCallback((loaded) => ({ value: loaded, status })) };
  }

  /** Waits for a fresh answer; the old one stands by (RFC 8767 does the same for names). */
  #waitOrFallBack(key: string, entry: Entry<V>, request: R): Lookup<V> {
    const { clock, staleAfter = Infinity } = this.#options;
    const lookup = this.#wait(key, request, entry.value.number, true);
    const old: Answer<V> = { value: entry.value, status: "stale" };
    let { answer } = lookup;
    if (staleAfter !== Infinity) answer = answer.addTimeout(staleAfter, clock, () => old);
    answer = answer.addErrback((failure) => {
      if (failure.check(CancelledError)) failure.throwException(); // The waiter has left.
      return old;
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
    const purges = this.#purges;
    return this.#load(request, wish, key).addCallbacks(
      (value) => {
        const why = purges === this.#purges ? this.#keep(key, value) : "purged_meanwhile";
        if (why) this.#letGo(key, value, why);
        return value;
      },
      (failure) => {
        // Cancelled: nobody waited for it, and it did not begin.
        const isOfKey = !failure.check(CancelledError) && !this.#options.saysNothing?.(failure.value);
        if (isOfKey) this.#noteFailure(key);
        return failure;
      },
    );
  }

  /** The entry of a key that could not be refreshed stays, and is not asked for again for a while. */
  #noteFailure(key: string): void {
    const { clock, random = Math.random } = this.#options;
    const entry = this.#store.get(key);
    if (entry) entry.holdDown = nextHoldDown(entry.holdDown, clock.now(), random);
  }

  #keep(key: string, value: V): NotKept | undefined {
    const { ttl, notKept = "ttl_zero" } = value.lifetime;
    if (ttl === 0) return notKept;
    const put = this.#store.put(key, { value, storedAt: this.#options.clock.now() - value.age });
    return put === "stored" ? undefined : put;
  }

  /** What is not kept is the newest truth all the same: an older entry must not be served after it. */
  #letGo(key: string, value: V, why: NotKept): void {
    this.#store.drop(key, value.number);
    this.#options.notKept?.(value, why);
  }

  /** Whether so little of its ttl is left that a new one is fetched while it still is fresh. */
  #isDue({ value }: Entry<V>, elapsed: number): boolean {
    const { refreshAhead = 0 } = this.#options;
    const { ttl } = value.lifetime;
    return elapsed >= ttl * (1 - refreshAhead); // Not by what is left: of an endless ttl that is endless as well.
  }

  #isHeldDown({ holdDown: held }: Entry<V>): boolean {
    return held !== undefined && this.#options.clock.now() < held.until;
  }
}

function served<V extends Loaded>({ value }: Entry<V>, status: CacheStatus): Lookup<V> {
  return { status, hasStandIn: false, answer: succeed({ value, status }) };
}
