import type { Clock, DelayedCall } from "./clock.ts";

/** The deadline of an item. */
export class Deadline<T> {
  readonly item: T;
  /** The clock's milliseconds. */
  readonly at: number;
  /** Its neighbours, while it is running. */
  before: Deadline<T> | undefined = undefined;
  after: Deadline<T> | undefined = undefined;
  isRunning = true;

  constructor(item: T, at: number) {
    this.item = item;
    this.at = at;
  }
}

/**
 * Deadlines for items that all have the same time limit: one timer serves thousands of them. They are in a list, because a Map
 * would keep items alive that come and go all the time (docs/decisions/0004).
 */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #expired: (item: T) => void;
  #first: Deadline<T> | undefined = undefined;
  #last: Deadline<T> | undefined = undefined;
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

  /** Gives `item` a deadline; returns undefined if there is no limit. */
  start(item: T): Deadline<T> | undefined {
    if (this.#limit === Infinity) return undefined;
    const deadline = new Deadline(item, this.#clock.now() + this.#limit);
    deadline.before = this.#last;
    if (this.#last) this.#last.after = deadline;
    else this.#first = deadline;
    this.#last = deadline;
    this.#timer ??= this.#clock.callLater(this.#limit, () => this.#sweep());
    return deadline;
  }

  /** Cancels a deadline of this object. Safe to call again, and after it has expired. */
  cancel(deadline: Deadline<T>): void {
    if (!deadline.isRunning) return;
    this.#remove(deadline);
    if (this.#first) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #remove(deadline: Deadline<T>): void {
    const { before, after } = deadline;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    deadline.isRunning = false;
    deadline.before = undefined; // Otherwise an old one, though unused, would keep younger ones alive.
    deadline.after = undefined;
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (let next = this.#first; next; next = this.#first) {
      if (next.at > now) return this.#wait(next.at - now);
      this.#remove(next);
      this.#expired(next.item);
    }
  }

  #wait(ms: number): void {
    this.#timer?.cancel(); // There is one if `expired` restarted an item.
    this.#timer = this.#clock.callLater(ms, () => this.#sweep());
  }
}

/** The same, with a Map that finds deadlines by their items. */
export class DeadlineQueue<T> {
  readonly #deadlines: Deadlines<T>;
  readonly #running = new Map<T, Deadline<T>>();

  /** As for Deadlines. */
  constructor(clock: Clock, limit: number, expired: (item: T) => void) {
    this.#deadlines = new Deadlines(clock, limit, (item) => {
      this.#running.delete(item);
      expired(item);
    });
  }

  /** Gives `item` a new deadline. */
  restart(item: T): void {
    this.delete(item);
    const deadline = this.#deadlines.start(item);
    if (deadline) this.#running.set(item, deadline);
  }

  /** Like `restart`, but an item that has a deadline keeps it. */
  start(item: T): void {
    if (!this.#running.has(item)) this.restart(item);
  }

  delete(item: T): void {
    const deadline = this.#running.get(item);
    if (!deadline) return;
    this.#running.delete(item);
    this.#deadlines.cancel(deadline);
  }
}
