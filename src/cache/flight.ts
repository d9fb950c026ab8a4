import type { Clock } from "../time/clock.ts";
import { inTurns } from "../time/in-turns.ts";
import { Deferred, maybeDeferred, type Failure } from "../deferred/mod.ts";

/**
 * Fetches the value of a flight.
 *
 * @param begun to be called when the fetch begins; until then, the flight is cancelled when its last waiter leaves
 */
export type Take<V> = (begun: () => void) => Deferred<V>;

/** The fetch in progress for a key, and its waiters. */
interface Flight<V> {
  readonly key: string;
  readonly waiters: Set<Deferred<V>>;
  /** Whether it goes on without waiters. */
  goesOn: boolean;
  /** Whether its value must not be kept, because of a purge meanwhile. */
  isDisowned: boolean;
  fetched: Deferred | undefined;
  /** The canceller of its waiters: one for all of them. */
  readonly leave: (waiter: Deferred<V>) => void;
}

/** At most one fetch per key at a time; later callers wait for the same one. */
export class FlightTable<V> {
  readonly #flights = new Map<string, Flight<V>>();
  readonly #clock: Pick<Clock, "nextTurn">;

  constructor(clock: Pick<Clock, "nextTurn">) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#flights.size;
  }

  /** Marks the flights whose keys match, so that their values are not kept; returns how many. */
  disown(matches: (key: string) => boolean): number {
    let disowned = 0;
    for (const flight of this.#flights.values()) {
      if (!matches(flight.key)) continue;
      flight.isDisowned = true;
      disowned++;
    }
    return disowned;
  }

  /** Whether the value of the flight of `key` must not be kept. */
  isDisowned(key: string): boolean {
    return this.#flights.get(key)?.isDisowned ?? false;
  }

  waitersFor(key: string): number {
    return this.#flights.get(key)?.waiters.size ?? 0;
  }

  has(key: string): boolean {
    return this.#flights.has(key);
  }

  get waiters(): number {
    let sum = 0;
    for (const { waiters } of this.#flights.values()) sum += waiters.size;
    return sum;
  }

  /**
   * Waits for the flight of `key`, launching it with `fetch` if there is none. Each caller gets its own Deferred;
   * cancelling it leaves the flight, which goes on if it has begun.
   *
   * @param goesOn whether the flight goes on without waiters, begun or not
   */
  join(key: string, fetch: Take<V>, goesOn = false): Deferred<V> {
    const inFlight = this.#flights.get(key);
    const flight = inFlight ?? this.#newFlight(key, goesOn);
    const waiter = new Deferred<V>(flight.leave);
    flight.waiters.add(waiter);
    if (!inFlight) this.#launch(flight, fetch); // Last: the fetch may land before it returns.
    return waiter;
  }

  /** Launches a flight without waiters, unless one is under way. */
  launch(key: string, fetch: Take<V>): void {
    if (!this.#flights.has(key)) this.#launch(this.#newFlight(key, true), fetch);
  }

  #newFlight(key: string, goesOn: boolean): Flight<V> {
    const flight: Flight<V> = {
      key,
      waiters: new Set(),
      goesOn,
      isDisowned: false,
      fetched: undefined,
      leave: (waiter) => this.#leave(flight, waiter),
    };
    return flight;
  }

  #launch(flight: Flight<V>, fetch: Take<V>): void {
    this.#flights.set(flight.key, flight);
    const begun = () => void (flight.goesOn = true);
    flight.fetched = maybeDeferred(fetch, begun).addBoth((outcome) => this.#land(flight, outcome));
  }

  #leave(flight: Flight<V>, waiter: Deferred<V>): void {
    flight.waiters.delete(waiter);
    if (flight.waiters.size === 0 && !flight.goesOn) flight.fetched?.cancel();
  }

  #land(flight: Flight<V>, outcome: V | Failure): void {
    this.#flights.delete(flight.key); // First: a waiter may ask for the key again.
    const { waiters } = flight;
    inTurns(this.#clock, waiters.values(), (waiter) => {
      waiters.delete(waiter);
      waiter.callback(outcome);
    });
  }
}
