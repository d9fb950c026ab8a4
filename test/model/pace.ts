import type { Rate } from "../../src/time/rate.ts";

/** Gives turns: so many in any span of time, the others in a row. */
export class Pace<T> {
  readonly #rate: Rate | undefined;
  #begins: number[] = [];
  row: T[] = [];

  constructor(rate: Rate | undefined) {
    this.#rate = rate;
  }

  /** How long until somebody may begin. */
  wait(now: number): number {
    if (!this.#rate) return 0;
    const { count, span } = this.#rate;
    const oldest = this.#begins.at(-count);
    return oldest === undefined ? 0 : Math.max(0, oldest + span - now);
  }

  /** Whether it is the turn of somebody who comes now; otherwise it waits in the row. */
  comes(it: T, now: number, isUrgent: boolean): boolean {
    if (!this.#rate) return true;
    if (this.wait(now) === 0 && (isUrgent || this.row.length === 0)) {
      this.#begins.push(now);
      return true;
    }
    this.row = isUrgent ? [it, ...this.row] : [...this.row, it];
    return false;
  }

  /** Whose turn it is of those who wait. */
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
