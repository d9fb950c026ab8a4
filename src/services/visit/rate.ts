import { ipv6Words } from "../../net/clients/ip.ts";
import type { Clock } from "../../time/clock.ts";
import type { Rate } from "../../time/rate.ts";

/** Addresses that are remembered at a time. */
export const MOST_ADDRESSES = 65_536;

/** How many that are remembered are looked at for each that is new: whether they may be forgotten. */
const LOOKS = 4;

/** Milliseconds: what sums of fractions may be off by. */
const ROUNDING = 1e-6;

/**
 * Lets every address come at a rate, IPv6 addresses by their first 64 bits. Of an address one number is remembered: when all
 * of its visits would be paid for if each took its share of time (GCRA). Once that is past, it is forgotten.
 */
export class RateLimit {
  readonly #clock: Pick<Clock, "now">;
  readonly #paidAt = new Map<string, number>();
  readonly #words = new Uint32Array(4);
  /** The same for all addresses together that there is no room to remember. */
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
   * Sets the rate. Who came before is remembered.
   *
   * @param burst how many may come at once after a time without any; default: as many as in the time of the rate
   */
  limit({ count, span }: Rate, burst = count): void {
    this.#cost = span / count;
    this.#credit = this.#cost * burst;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#paidAt.size;
  }

  /** Whether a client with this address may come now: if so, it has come. */
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

  /** Looks at a few addresses, others each time, and forgets those whose visits are all paid for. */
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

  /** The first 64 bits: whoever has one address of such a network usually has them all. */
  #network(host: string): string {
    return ipv6Words(host, this.#words) ? `${this.#words[0]}:${this.#words[1]}` : host;
  }
}
