import { maybeDeferred } from "./adapt.ts";
import { requireFunction } from "./check.ts";
import { Deferred } from "./deferred.ts";
import type { EventualValue } from "./outcome.ts";

/**
 * Which calls count as the same.
 *
 * @example
 * const options: SingleFlightOptions<[URL]> = { key: (url) => url.href };
 */
export interface SingleFlightOptions<A extends unknown[]> {
  /** Calls with the same key are the same; default: those with the same arguments, as a Map compares keys. */
  readonly key?: (...args: A) => unknown;
}

/** The context that a method decorator receives. */
interface MethodContext {
  readonly kind: "method";
}

/**
 * `fn`, except that a call for work already under way waits for that work. Each caller gets its own Deferred: cancelling
 * it affects no other caller; when the last one cancels, the work is cancelled. Also works as a method decorator: each
 * object then has its own flights.
 *
 * @throws {TypeError} if `fn` or `key` is not a function
 * @example
 * const fetchOnce = singleFlight((host: string, title: string) => fetchPoem(host, title));
 * @example
 * class Library { @singleFlight find(title: string): Deferred<Poem> { return this.search(title); } }
 */
export function singleFlight<This, A extends unknown[], R>(
  fn: (this: This, ...args: A) => R,
  options: SingleFlightOptions<A> | MethodContext = {},
): (this: This, ...args: A) => Deferred<EventualValue<R>> {
  requireFunction("singleFlight", fn);
  const keyOf = "key" in options ? options.key : undefined;
  if (keyOf !== undefined) requireFunction("singleFlight by", keyOf);
  const flightsOf = new WeakMap<object, Flights<EventualValue<R>>>();
  return function join(this: This, ...args: A): Deferred<EventualValue<R>> {
    const owner = typeof this === "object" && this !== null ? this : fn;
    let flights = flightsOf.get(owner);
    if (!flights) flightsOf.set(owner, (flights = new Flights()));
    const path = keyOf ? [keyOf(...args)] : args;
    return flights.join(path, () => maybeDeferred(() => fn.apply(this, args)) as Deferred<EventualValue<R>>);
  };
}

interface Flight<T> {
  readonly waiters: Set<Deferred<T>>;
  work?: Deferred;
}

/** The work under way, by lists of keys: nested Maps, one level per key. */
class Flights<T> {
  readonly #below = new Map<unknown, Flights<T>>();
  #flight: Flight<T> | undefined = undefined;

  /** Waits for the flight at `path`, launching it if there is none. */
  join(path: readonly unknown[], launch: () => Deferred<T>): Deferred<T> {
    const place = this.#at(path);
    const inFlight = place.#flight;
    const flight: Flight<T> = inFlight ?? { waiters: new Set() };
    const waiter: Deferred<T> = new Deferred<T>((_, reason) => {
      flight.waiters.delete(waiter);
      if (flight.waiters.size > 0) return;
      this.#forget(path, flight);
      flight.work?.cancel(reason);
    });
    flight.waiters.add(waiter);
    if (inFlight) return waiter;
    place.#flight = flight;
    flight.work = launch().addBoth((outcome) => {
      this.#forget(path, flight); // First, because a waiter may ask for the key again.
      for (const each of flight.waiters) if (!each.called) each.callback(outcome);
    });
    return waiter;
  }

  #at(path: readonly unknown[]): Flights<T> {
    let place: Flights<T> = this;
    for (const key of path) {
      let below = place.#below.get(key);
      if (!below) place.#below.set(key, (below = new Flights()));
      place = below;
    }
    return place;
  }

  /** Removes `flight` from the table, if it is still there, and the Maps left empty by that. */
  #forget(path: readonly unknown[], flight: Flight<T>): void {
    const places: Flights<T>[] = [this];
    for (const key of path) {
      const below = places.at(-1)!.#below.get(key);
      if (!below) return;
      places.push(below);
    }
    if (places.at(-1)!.#flight !== flight) return;
    places.at(-1)!.#flight = undefined;
    for (let depth = path.length; depth > 0; depth--) {
      const place = places[depth]!;
      if (place.#flight !== undefined || place.#below.size > 0) return;
      places[depth - 1]!.#below.delete(path[depth - 1]);
    }
  }
}
