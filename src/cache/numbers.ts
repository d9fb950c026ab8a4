/**
 * Numbers for fetches that grow across restarts and nodes: microseconds of the wall clock or, if that clock is behind,
 * one more than the largest number seen (a hybrid logical clock).
 */
export class Numbers {
  readonly #wall: () => number;
  #last = 0;

  /** @param wall milliseconds of the wall clock since 1970 */
  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** A number larger than any returned or seen so far. */
  next(): number {
    this.#last = Math.max(this.#last + 1, Math.floor(this.#wall() * 1000));
    return this.#last;
  }

  /** Notes a number from elsewhere. */
  see(number: number): void {
    this.#last = Math.max(this.#last, number);
  }
}
