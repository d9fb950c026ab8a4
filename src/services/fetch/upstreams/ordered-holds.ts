import { formatAddress, type Address } from "../../../net/address.ts";
import type { Clock } from "../../../time/clock.ts";

/** Upstreams that an operator has put on hold (`ctl hold`): they are not used even if there is no other. */
export class OrderedHolds {
  readonly #clock: Pick<Clock, "now">;
  /** When each hold ends, by the clock's milliseconds; by formatted address. */
  readonly #ends = new Map<string, number>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  hold(upstream: Address, ms: number): void {
    this.#ends.set(formatAddress(upstream), this.#clock.now() + ms);
  }

  release(upstream: Address): void {
    this.#ends.delete(formatAddress(upstream));
  }

  /** When its hold ends, by the clock's milliseconds; undefined: it is not held. */
  endOf(upstream: Address): number | undefined {
    if (this.#ends.size === 0) return undefined;
    const name = formatAddress(upstream);
    const end = this.#ends.get(name);
    if (end === undefined || end > this.#clock.now()) return end;
    this.#ends.delete(name);
    return undefined;
  }
}
