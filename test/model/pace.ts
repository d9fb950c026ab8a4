import type { Rate } from "../../src/time/rate.ts";

/** Gives a limited number of turns in any span; the others queue. */
export class Pace<T> {
  readonly #rate: Rate | undefined;
  #begins: number[] = [];
  row: T[] = [];

  constructor(rate: Rate | undefined) {
    this.#rate = rate;
  }

  /** How long until the next turn. */
  wait(now: number): number {
    if (!this.#rate) return 0;
    const { count, span } = this.#rate;
    const oldest = this.#begins.at(-count);
    return oldest === undefined ? 0 : Math.max(0, oldest + span - now);
  }

  /** Whether a newcomer gets its turn now; otherwise it queues. */
  comes(it: T, now: number, isUrgent: boolean): boolean {
    if (!this.#rate) return true;
    if (this.wait(now) === 0 && (isUrgent || this.row.length === 0)) {
      this.#begins.push(now);
      return true;
    }
    this.row = isUrgent ? [it, ...this.row] : [...this.row, it];
    return false;
  }

  /** The next of those that wait, if it is its turn. */
  next(now: number): T | undefined {
    if (this.wait(now) > 0) return undefined;
    const [first, ...others] = this.row;
    if (first === undefined) return undefined;
    this.row = others;
    this.#begins.push(now);
    return first;
  }

  leaves(it: T): void {
    this.row = this.row.filter((each) => each !== it);
  }
}
