import { ipv6Words } from "../../net/clients/ip.ts";
import type { Clock } from "../../time/clock.ts";
import type { Rate } from "../../time/rate.ts";

/** The most addresses that are remembered. */
export const MOST_ADDRESSES = 65_536;

/** For each new address, this many remembered ones are checked: they may be forgotten by now. */
const LOOKS = 4;

/** The largest rounding error, in milliseconds. */
const ROUNDING = 1e-6;

/**
 * Limits the rate of each address; IPv6 addresses count by their first 64 bits. One number is remembered per address: the
 * time at which all its visits will be paid for (GCRA). Once that is past, the address is forgotten.
 */
export class RateLimit {
  readonly #clock: Pick<Clock, "now">;
  readonly #paidAt = new Map<string, number>();
  readonly #words = new Uint32Array(4);
  /** The same for all the addresses together that do not fit. */
  #newcomersPaidAt = 0;
  #looked: Iterator<[string, number]> = this.#paidAt.entries();
  /** Milliseconds that a visit costs, and how far ahead an address may be. */
  #cost = 0;
  #credit = 0;

  constructor(rate: Rate, burst: number | undefined, clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.limit(rate, burst);
  }

  /**
   * Sets the rate. Earlier visits still count.
   *
   * @param burst how many may come at once after a pause; default: the number in the rate
   */
  limit({ count, span }: Rate, burst = count): void {
    this.#cost = span / count;
    this.#credit = this.#cost * burst;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#paidAt.size;
  }

  /** Whether a client with this address may come in now; if so, the visit is counted. */
  admits(host: string): boolean {
    const now = this.#clock.now();
    const key = host.includes(":") ? this.#network(host) : host;
    const paidAt = this.#paidAt.get(key);
    if (paidAt === undefined) this.#forget(now);
    const isRemembered = paidAt !== undefined || this.#paidAt.size < MOST_ADDRESSES;
    const paid = Math.max((isRemembered ? paidAt : this.#newcomersPaidAt) ?? 0, now) + this.#cost;
    if (paid - now > this.#credit + ROUNDING) return false;
    if (isRemembered) this.#paidAt.set(key, paid);
    else this.#newcomersPaidAt = paid;
    return true;
  }

  /** Checks a few addresses, different ones each time, and forgets those whose visits are all paid for. */
  #forget(now: number): void {
    for (let looks = 0; looks < LOOKS; looks++) {
      const next = this.#looked.next();
      if (next.done) {
        this.#looked = this.#paidAt.entries();
        return;
      }
      const [key, paidAt] = next.value;
      if (paidAt <= now) this.#paidAt.delete(key);
    }
  }

  /** The first 64 bits, because the owner of one address of such a network usually has them all. */
  #network(host: string): string {
    return ipv6Words(host, this.#words) ? `${this.#words[0]}:${this.#words[1]}` : host;
  }
}
