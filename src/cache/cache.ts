import type { Clock } from "../clock.ts";
import { Deferred, succeed } from "../deferred/mod.ts";
import { FlightTable } from "./flight.ts";
import { freshness, type Freshness, type Lifetime } from "./freshness.ts";
import { Store, type StoreLimits } from "./store.ts";

/** How a look-up was answered: from a fresh entry, from one in its grace, by a new fetch, by one under way. */
export type Answer = "hit" | "stale" | "miss" | "coalesced";

export interface Lookup<V> {
  readonly answer: Answer;
  /** Has fired already for `hit` and `stale`. Cancelling it leaves the flight; the fetch goes on. */
  readonly value: Deferred<V>;
}

export interface CacheOptions<V> extends StoreLimits<V> {
  readonly clock: Clock;
  /** How long a value may be served; a ttl of 0: it goes to those who wait for it, and is not kept. */
  readonly lifetimeOf: (value: V) => Lifetime;
}

/** Answers by key: kept while they are fresh, fetched once at a time when they are not. */
export class Cache<V> {
  readonly #store: Store<V>;
  readonly #flights: FlightTable<V>;
  readonly #clock: Clock;
  readonly #lifetimeOf: (value: V) => Lifetime;
  #sequence = 0;
  #purged = 0;

  constructor(options: CacheOptions<V>) {
    this.#clock = options.clock;
    this.#lifetimeOf = options.lifetimeOf;
    this.#store = new Store(options);
    this.#flights = new FlightTable(options.clock);
  }

  /** Entries now. */
  get entries(): number {
    return this.#store.size;
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
    const age: Freshness = entry ? freshness(this.#clock.now() - entry.storedAt, entry.lifetime) : "expired";
    if (entry && age !== "expired") {
      if (age === "grace") this.#flights.launch(key, () => this.#fetchAndStore(key, fetch));
      return { answer: age === "fresh" ? "hit" : "stale", value: succeed(entry.value) };
    }
    const answer = this.#flights.has(key) ? "coalesced" : "miss";
    return { answer, value: this.#flights.join(key, () => this.#fetchAndStore(key, fetch)) };
  }

  /** Forgets all entries; a fetch under way still reaches those who wait for it, but is not stored. */
  purge(): void {
    this.#purged = this.#sequence;
    this.#store.clear();
  }

  #fetchAndStore(key: string, fetch: () => Deferred<V>): Deferred<V> {
    const sequence = ++this.#sequence;
    return fetch().addCallback((value) => {
      this.#keep(key, value, sequence);
      return value;
    });
  }

  #keep(key: string, value: V, sequence: number): void {
    const lifetime = this.#lifetimeOf(value);
    if (lifetime.ttl === 0 || sequence <= this.#purged) return;
    this.#store.put(key, { value, lifetime, storedAt: this.#clock.now(), sequence });
  }
}
