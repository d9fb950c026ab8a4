import { Deferred, succeed } from "../../../deferred/mod.ts";
import type { Clock, DelayedCall } from "../../../time/clock.ts";
import type { Rate } from "../../../time/rate.ts";

/** Lets at most `count` fetches begin within any `span`; the rest wait in line. */
export class FetchRate {
  readonly #clock: Clock;
  #rate: Rate;
  /** When the last `count` began, by the clock's milliseconds; a ring buffer once it is full. */
  #begins: number[] = [];
  #oldest = 0;
  #line: Deferred<undefined>[] = [];
  #timer: DelayedCall | undefined = undefined;

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Changes the rate. Those that began still count, and those in line keep their places. */
  renew(rate: Rate): this {
    if (rate.count === this.#rate.count && rate.span === this.#rate.span) return this;
    const begins = [...this.#begins.slice(this.#oldest), ...this.#begins.slice(0, this.#oldest)];
    this.#rate = rate;
    this.#begins = begins.slice(-rate.count);
    this.#oldest = 0;
    this.#timer?.cancel();
    this.#wake();
    return this;
  }

  /** Milliseconds until the next one may begin. */
  get wait(): number {
    if (this.#begins.length < this.#rate.count) return 0;
    return Math.max(0, (this.#begins[this.#oldest] as number) + this.#rate.span - this.#clock.now());
  }

  /**
   * Fires when the caller may begin, which counts as begun from then on. Cancelling leaves the line.
   *
   * @param isUrgent whether it goes to the head of the line, because its fetch has had a turn before
   */
  turn(isUrgent = false): Deferred<undefined> {
    if (this.wait === 0 && (isUrgent || this.#line.length === 0)) {
      this.#note();
      return succeed();
    }
    const turn: Deferred<undefined> = new Deferred<undefined>(() => this.#leave(turn));
    if (isUrgent) this.#line.unshift(turn);
    else this.#line.push(turn);
    this.#timer ??= this.#clock.callLater(this.wait, () => this.#wake());
    return turn;
  }

  #wake(): void {
    this.#timer = undefined;
    while (this.wait === 0) {
      const next = this.#line.shift();
      if (!next) return;
      this.#note();
      next.callback(undefined);
    }
    if (this.#line.length > 0) this.#timer ??= this.#clock.callLater(this.wait, () => this.#wake());
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
    this.#line = this.#line.filter((each) => each !== turn);
    if (this.#line.length > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
