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
  const keyOf = (options as SingleFlightOptions<A>).key;
  if (keyOf !== undefined) requireFunction("singleFlight by", keyOf);
  const root = new Place<EventualValue<R>>();
  return function join(this: This, ...args: A): Deferred<EventualValue<R>> {
    let place = root;
    // Each object has flights of its own.
    for (const key of [this, ...(keyOf ? [keyOf(...args)] : args)]) place = place.below(key);
    return place.join(() => fn.apply(this, args));
  };
}

/** Those who wait for the same work, and that. */
interface Flight<T> extends Set<Deferred<T>> {
  _work?: Deferred;
}

/** Where calls with the same keys meet; the places below it are those for one more key. */
class Place<T> extends Map<unknown, Place<T>> {
  #flight: Flight<T> | undefined = undefined;

  constructor(
    private readonly above?: Place<T>,
    private readonly key?: unknown,
  ) {
    super();
  }

  below(key: unknown): Place<T> {
    let place = this.get(key);
    if (!place) this.set(key, (place = new Place(this, key)));
    return place;
  }

  /** Waits for the work under way here, which `launch` begins if there is none. */
  join(launch: () => unknown): Deferred<T> {
    const isFirst = !this.#flight;
    const flight = (this.#flight ??= new Set<Deferred<T>>() as Flight<T>);
    const waiter = new Deferred<T>((each, reason) => {
      flight.delete(each);
      if (flight.size) return;
      this.#forget(flight);
      flight._work?.cancel(reason);
    });
    flight.add(waiter);
    if (isFirst)
      flight._work = (maybeDeferred(launch) as Deferred<T>).addBoth((outcome) => {
        this.#forget(flight); // First, because a waiter may ask for the key again.
        for (const each of flight) if (!each.called) each.callback(outcome);
      });
    return waiter;
  }

  /** Removes `flight`, if it is still here, and the places left empty by that. */
  #forget(flight: Flight<T>): void {
    if (this.#flight !== flight) return;
    this.#flight = undefined;
    for (let place: Place<T> = this; place.above && !place.#flight && !place.size; place = place.above)
      place.above.delete(place.key);
  }
}
