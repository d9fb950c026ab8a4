import { Deferred, succeed } from "../../../deferred/mod.ts";
import type { Clock, DelayedCall } from "../../../time/clock.ts";
import type { Rate } from "../../../time/rate.ts";

/** Lets no more than so many begin in any span of a time: the rest wait in a row. */
export class FetchRate {
  readonly #clock: Clock;
  #rate: Rate;
  /** When the last ones began, by the clock's milliseconds: a ring, as soon as it is full. */
  #begins: number[] = [];
  #oldest = 0;
  #row: Deferred<undefined>[] = [];
  #timer: DelayedCall | undefined = undefined;

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Goes on with another rate: those that began count, those that wait go on waiting. */
  renew(rate: Rate): this {
    if (rate.count === this.#rate.count && rate.span === this.#rate.span) return this;
    const begins = [...this.#begins.slice(this.#oldest), ...this.#begins.slice(0, this.#oldest)];
    this.#rate = rate;
    this.#begins = begins.slice(-rate.count);
    this.#oldest = 0;
    this.#timer?.cancel();
    this.#ring();
    return this;
  }

  /** Milliseconds until the next one may begin. */
  get wait(): number {
    if (this.#begins.length < this.#rate.count) return 0;
    return Math.max(0, (this.#begins[this.#oldest] as number) + this.#rate.span - this.#clock.now());
  }

  /**
   * Fires when one may begin, which thereby has. Cancelling leaves the row.
   *
   * @param isUrgent whether it goes before those that wait: it has had a turn
   */
  turn(isUrgent = false): Deferred<undefined> {
    if (this.wait === 0 && (isUrgent || this.#row.length === 0)) {
      this.#note();
      return succeed();
    }
    const turn: Deferred<undefined> = new Deferred<undefined>(() => this.#leave(turn));
    if (isUrgent) this.#row.unshift(turn);
    else this.#row.push(turn);
    this.#timer ??= this.#clock.callLater(this.wait, () => this.#ring());
    return turn;
  }

  #ring(): void {
    this.#timer = undefined;
    while (this.wait === 0) {
      const next = this.#row.shift();
      if (!next) return;
      this.#note();
      next.callback(undefined);
    }
    if (this.#row.length > 0) this.#timer ??= this.#clock.callLater(this.wait, () => this.#ring());
  }

  #note(): void {
    const now = this.#clock.now();
    if (this.#begins.length < this.#rate.count) this.#begins.push(now);
    else {
      this.#begins[this.#oldest] = now;
      this.#oldest = (this.#oldest + 1) % this.#rate.count;
    }
  }

  #leave(turn: Deferred<undefined>): void {
    this.#row = this.#row.filter((each) => each !== turn);
    if (this.#row.length > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
