import type { Clock, DelayedCall } from "../clock.ts";

/** A connection that has ended its own side. */
export interface Lingering {
  /** The peer has not hung up in time. */
  lingeredTooLong(): void;
}

/** Connections whose peers have yet to hang up. All get the same time, so one timer does for all of them. */
export class LingerQueue {
  readonly #clock: Clock;
  readonly #limit: number;
  /** Until when each may stay; the first to come is the first to go. */
  readonly #deadlines = new Map<Lingering, number>();
  #timer: DelayedCall | undefined = undefined;

  /** @param limit in milliseconds */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  add(lingering: Lingering): void {
    this.#deadlines.set(lingering, this.#clock.now() + this.#limit);
    this.#timer ??= this.#clock.callLater(this.#limit, () => this.#sweep());
  }

  delete(lingering: Lingering): void {
    if (!this.#deadlines.delete(lingering) || this.#deadlines.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [lingering, deadline] of this.#deadlines) {
      if (deadline > now) {
        this.#timer = this.#clock.callLater(deadline - now, () => this.#sweep());
        return;
      }
      this.#deadlines.delete(lingering);
      lingering.lingeredTooLong();
    }
  }
}
