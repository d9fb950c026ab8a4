import type { Clock, DelayedCall } from "./clock.ts";

/** Deadlines for items that all have the same time limit: one timer serves thousands of them. */
export class DeadlineQueue<T> {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #expired: (item: T) => void;
  /** The deadline of each item, in the order in which they expire. */
  readonly #deadlines = new Map<T, number>();
  #timer: DelayedCall | undefined = undefined;

  /**
   * @param limit in milliseconds; 0 or Infinity: no limit
   * @param expired called with each item whose time is up
   */
  constructor(clock: Clock, limit: number, expired: (item: T) => void) {
    this.#clock = clock;
    this.#limit = limit === 0 ? Infinity : limit;
    this.#expired = expired;
  }

  /** Gives `item` a new deadline. */
  restart(item: T): void {
    if (this.#limit === Infinity) return;
    this.#deadlines.delete(item); // Setting an existing key would not move it to the end.
    this.#deadlines.set(item, this.#clock.now() + this.#limit);
    this.#timer ??= this.#clock.callLater(this.#limit, () => this.#sweep());
  }

  /** Like `restart`, but an item that has a deadline keeps it. */
  start(item: T): void {
    if (!this.#deadlines.has(item)) this.restart(item);
  }

  delete(item: T): void {
    if (!this.#deadlines.delete(item) || this.#deadlines.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [item, deadline] of this.#deadlines) {
      if (deadline > now) return this.#wait(deadline - now);
      this.#deadlines.delete(item);
      this.#expired(item);
    }
  }

  #wait(ms: number): void {
    this.#timer?.cancel(); // There is one if `expired` restarted an item.
    this.#timer = this.#clock.callLater(ms, () => this.#sweep());
  }
}
