import { FlightTable } from "../../../cache/flight.ts";
import { nextHoldDown, type HoldDown } from "../../../cache/hold-down.ts";
import { succeed, TimeoutError, type Deferred } from "../../../deferred/mod.ts";
import { familyOf, type Family } from "../../../net/address.ts";
import { describeSystemError } from "../../../net/errors.ts";
import type { Clock } from "../../../time/clock.ts";

/** How names are resolved. */
export interface NameOptions {
  /** How long a result is used, in milliseconds. */
  readonly ttl: number;
  /** The family whose addresses come first; absent: the order of the system. */
  readonly prefer?: Family | undefined;
}

/** Finds the addresses of a host. Fails with any error; never fires with an empty list. */
export type LookUp = (host: string) => Deferred<readonly string[]>;

/** Options of Names. */
export interface NamesOptions extends NameOptions {
  readonly clock: Clock;
  /** Time limit of a look-up in milliseconds; 0: only that of the system. */
  readonly timeout: number;
  /** The only family that can be reached; absent: both can. */
  readonly only?: Family | undefined;
  /** Gives numbers from 0 to 1, for jitter. */
  readonly random: () => number;
  readonly lookUp: LookUp;
  /** Called after a failed look-up if the previous addresses are still used. */
  readonly failed: (host: string, error: unknown, addresses: readonly string[]) => void;
}

/** The last known addresses of a name. */
interface Found {
  readonly addresses: readonly string[];
  /** Valid until then, in the clock's milliseconds. */
  readonly until: number;
  /** Set if every look-up since has failed; until it ends, no other is made. */
  readonly hold?: HoldDown;
}

/** Resolves names, with a cache. If a look-up fails, the last known addresses stay in use. */
export class Names {
  #options: NamesOptions;
  readonly #found = new Map<string, Found>();
  readonly #lookUps: FlightTable<readonly string[]>;

  constructor(options: NamesOptions) {
    this.#options = options;
    this.#lookUps = new FlightTable(options.clock);
  }

  /** Changes the options from the next look-up on. Known addresses are kept, unless another family is required now. */
  renew(changes: NameOptions & Pick<NamesOptions, "timeout" | "only">): void {
    const { prefer, only } = changes;
    if (only !== this.#options.only) this.#found.clear();
    this.#options = { ...this.#options, ...changes, prefer, only };
  }

  /** The addresses of `host`, if they are known without a look-up. */
  known(host: string): readonly string[] | undefined {
    const found = this.#found.get(host);
    if (!found) return undefined;
    const now = this.#options.clock.now();
    return now < found.until || (found.hold && now < found.hold.until) ? found.addresses : undefined;
  }

  /** Fires with at least one address; fails like the look-up. Cancelling only stops waiting for it. */
  addressesOf(host: string): Deferred<readonly string[]> {
    const known = this.known(host);
    return known ? succeed(known) : this.#lookUps.join(host, () => this.#lookUp(host), true);
  }

  #lookUp(host: string): Deferred<readonly string[]> {
    const { clock, timeout, ttl, lookUp } = this.#options;
    const looking = lookUp(host);
    const looked = timeout === 0 ? looking : looking.addTimeout(timeout, clock);
    return looked
      .addCallback((all) => this.#usable(all))
      .addCallbacks(
        (addresses) => {
          this.#found.set(host, { addresses, until: clock.now() + ttl });
          return addresses;
        },
        (failure) => {
          const found = this.#found.get(host);
          if (!found) return failure;
          const hold = nextHoldDown(found.hold, clock.now(), this.#options.random);
          this.#found.set(host, { ...found, hold });
          this.#options.failed(host, failure.value, found.addresses);
          return found.addresses;
        },
      );
  }

  #usable(addresses: readonly string[]): readonly string[] {
    const { prefer, only } = this.#options;
    const usable = only ? addresses.filter((each) => familyOf(each) === only) : addresses;
    if (usable.length === 0) throw new Error(`it has no ${only ? `IPv${only} ` : ""}address`);
    const isSecond = (address: string) => Number(prefer !== undefined && familyOf(address) !== prefer);
    return usable.toSorted((a, b) => isSecond(a) - isSecond(b));
  }
}

/** Why a look-up failed, in words. */
export function lookUpDetail(error: unknown): string {
  return error instanceof TimeoutError
    ? `the name was not resolved within ${error.ms} ms`
    : describeSystemError(error);
}
