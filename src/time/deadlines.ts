import type { Clock, DelayedCall } from "./clock.ts";

/** Things that all get the same time: one timer does for thousands of them. */
export class DeadlineQueue<T> {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #expired: (item: T) => void;
  /** Until when each has time; the first to come is the first to go. */
  readonly #deadlines = new Map<T, number>();
  #timer: DelayedCall | undefined = undefined;

  /**
   * @param limit in milliseconds; 0 or Infinity: all the time in the world
   * @param expired is told of each whose time is up
   */
  constructor(clock: Clock, limit: number, expired: (item: T) => void) {
    this.#clock = clock;
    this.#limit = limit === 0 ? Infinity : limit;
    this.#expired = expired;
  }

  /** Gives `item` all its time, from now on. */
  restart(item: T): void {
    if (this.#limit === Infinity) return;
    this.#deadlines.delete(item); // A Map keeps the place of what it has already.
    this.#deadlines.set(item, this.#clock.now() + this.#limit);
    this.#timer ??= this.#clock.callLater(this.#limit, () => this.#sweep());
  }

  /** As `restart`, but one that is here already keeps its deadline. */
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
    this.#timer?.cancel(); // There is one if an item was restarted as it expired.
    this.#timer = this.#clock.callLater(ms, () => this.#sweep());
  }
}
