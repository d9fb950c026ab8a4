import { ipv6Words } from "../../net/clients/ip.ts";
import type { Clock } from "../../time/clock.ts";
import type { Rate } from "../../time/rate.ts";

/** Maximum number of addresses that are remembered. */
export const MOST_ADDRESSES = 65_536;

/** How many remembered addresses each new one checks, to forget those that no longer matter. */
const LOOKS = 4;

/** The largest rounding error, in milliseconds. */
const ROUNDING = 1e-6;

/**
 * Limits how often each address may connect; IPv6 addresses count by their first 64 bits. Remembers one number per
 * address: when all its visits will be paid for (the generic cell rate algorithm, GCRA). After that, the address is
 * forgotten.
 */
export class RateLimit {
  readonly #clock: Pick<Clock, "now">;
  readonly #paidAt = new Map<string, number>();
  readonly #words = new Uint32Array(4);
  /** The same number, for all addresses together that no longer fit into the table. */
  #newcomersPaidAt = 0;
  /** Where the check of remembered addresses goes on. */
  #looked: Iterator<[string, number]> = this.#paidAt.entries();
  /** Milliseconds that a visit costs. */
  #cost = 0;
  /** Milliseconds that an address may owe. */
  #credit = 0;

  constructor(rate: Rate, burst: number | undefined, clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.limit(rate, burst);
  }

  /**
   * Sets the rate. Earlier visits still count.
   *
   * @param burst how many visits are admitted at once after a pause; default: the number in the rate
   */
  limit({ count, span }: Rate, burst = count): void {
    this.#cost = span / count;
    this.#credit = this.#cost * burst;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#paidAt.size;
  }

  /** Whether to admit a client with this address now; if so, the visit is counted. */
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

  /** The first 64 bits, because a client with one address of such a network usually has all of them. */
  #network(host: string): string {
    return ipv6Words(host, this.#words) ? `${this.#words[0]}:${this.#words[1]}` : host;
  }
}
