import type { Clock } from "../time/clock.ts";
import { CancelledError, type Deferred, succeed } from "../deferred/mod.ts";
import { FlightTable } from "./flight.ts";
import { freshness, type Lifetime } from "./freshness.ts";
import { nextHoldDown } from "./hold-down.ts";
import { Store, type Entry, type StoreLimits } from "./memory-store.ts";

/** How a look-up was answered: from a fresh entry, from one past its ttl, by a new fetch, by one under way. */
export type Answer = "hit" | "stale" | "miss" | "coalesced";

export interface Lookup<V> {
  /** Becomes `stale` when the fetch that was waited for failed, or took too long, and an old entry came to its aid. */
  readonly answer: Answer;
  /** Whether an old entry stands by, in case the fetch fails or takes too long. */
  readonly hasStandIn?: boolean;
  /** Has fired already for `hit` and `stale`. Cancelling it leaves the flight; the fetch goes on. */
  readonly value: Deferred<V>;
}

/** When to fetch before it is needed, and how long to wait for a fetch when there is an old entry. */
export interface Foresight {
  /** The part of its ttl, from 0 to 1, that an entry has left when being hit makes it refreshed; default 0: none. */
  readonly refreshAhead?: number;
  /** Milliseconds to wait for a fresh answer before one from the reserve is given; default: as long as it takes. */
  readonly staleAfter?: number;
}

export interface CacheOptions<V> extends StoreLimits<V>, Foresight {
  readonly clock: Clock;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: () => number;
  /** How long a value may be served; a ttl of 0: it goes to those who wait for it, and is not kept. */
  readonly lifetimeOf: (value: V) => Lifetime;
}

/** Answers by key: kept while they are fresh, fetched once at a time when they are not. */
export class Cache<V> {
  readonly #options: CacheOptions<V>;
  readonly #store: Store<V>;
  readonly #flights: FlightTable<V>;
  #sequence = 0;
  #purged = 0;

  constructor(options: CacheOptions<V>) {
    this.#options = options;
    this.#store = new Store(options);
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
   * Looks `key` up and, in the same step, launches or joins its flight where the entry does not serve. `fetch` is
   * called at most once, and only for a miss or a refresh; a failed one fails everyone who waits and stores nothing.
   */
  get(key: string, fetch: () => Deferred<V>): Lookup<V> {
    const entry = this.#store.get(key);
    if (!entry) return this.#wait(key, fetch);
    const elapsed = this.#options.clock.now() - entry.storedAt;
    const age = freshness(elapsed, entry.lifetime);
    if (age === "expired") return this.#wait(key, fetch);
    if (age === "fresh") {
      if (this.#isDue(entry, elapsed)) this.#refresh(key, entry, fetch);
      return { answer: "hit", value: succeed(entry.value) };
    }
    if (age === "reserve" && !this.#isHeldDown(entry)) return this.#waitOrFallBack(key, entry, fetch);
    this.#refresh(key, entry, fetch);
    return { answer: "stale", value: succeed(entry.value) };
  }

  /** Forgets all entries; a fetch under way still reaches those who wait for it, but is not stored. */
  purge(): void {
    this.#purged = this.#sequence;
    this.#store.clear();
  }

  #wait(key: string, fetch: () => Deferred<V>): Lookup<V> {
    const answer = this.#flights.has(key) ? "coalesced" : "miss";
    return { answer, value: this.#flights.join(key, () => this.#fetchAndStore(key, fetch)) };
  }

  /** Waits for a fresh answer; the old one stands by (RFC 8767 does the same for names). */
  #waitOrFallBack(key: string, entry: Entry<V>, fetch: () => Deferred<V>): Lookup<V> {
    const { clock, staleAfter = Infinity } = this.#options;
    const waiting = this.#wait(key, fetch);
    const lookup: { -readonly [Name in keyof Lookup<V>]: Lookup<V>[Name] } = { ...waiting, hasStandIn: true };
    const fallBack = (): V => {
      lookup.answer = "stale";
      return entry.value;
    };
    if (staleAfter !== Infinity) lookup.value = lookup.value.addTimeout(staleAfter, clock, fallBack);
    lookup.value = lookup.value.addErrback((failure) => {
      if (failure.check(CancelledError)) failure.throwException(); // Who waited has gone.
      return fallBack();
    });
    return lookup;
  }

  #refresh(key: string, entry: Entry<V>, fetch: () => Deferred<V>): void {
    if (!this.#isHeldDown(entry)) this.#flights.launch(key, () => this.#fetchAndStore(key, fetch));
  }

  #fetchAndStore(key: string, fetch: () => Deferred<V>): Deferred<V> {
    const sequence = ++this.#sequence;
    return fetch().addCallbacks(
      (value) => {
        this.#keep(key, value, sequence);
        return value;
      },
      (failure) => {
        this.#noteFailure(key);
        return failure;
      },
    );
  }

  /** The entry of a key that could not be refreshed stays, and is left in peace for a while. */
  #noteFailure(key: string): void {
    const { clock, random = Math.random } = this.#options;
    const entry = this.#store.get(key);
    if (entry) entry.holdDown = nextHoldDown(entry.holdDown, clock.now(), random);
  }

  #keep(key: string, value: V, sequence: number): void {
    const lifetime = this.#options.lifetimeOf(value);
    if (lifetime.ttl === 0 || sequence <= this.#purged) return;
    this.#store.put(key, { value, lifetime, storedAt: this.#options.clock.now(), sequence });
  }

  /** Whether so little of its ttl is left that it is fetched anew while it still is fresh. */
  #isDue({ lifetime: { ttl } }: Entry<V>, elapsed: number): boolean {
    const { refreshAhead = 0 } = this.#options;
    return elapsed >= ttl * (1 - refreshAhead); // Not by what is left: of an endless ttl that is endless as well.
  }

  #isHeldDown({ holdDown: held }: Entry<V>): boolean {
    return held !== undefined && this.#options.clock.now() < held.until;
  }
}
