/**
 * Numbers of fetches that grow across restarts and from node to node: microseconds of the wall clock, and one more than
 * the largest number seen wherever that clock is behind (a hybrid logical clock).
 */
export class Numbers {
  readonly #wall: () => number;
  #last = 0;

  /** @param wall the milliseconds of the wall clock since 1970 */
  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** A number larger than any given out or seen so far. */
  next(): number {
    this.#last = Math.max(this.#last + 1, Math.floor(this.#wall() * 1000));
    return this.#last;
  }

  /** Notes a number that came from elsewhere. */
  see(number: number): void {
    this.#last = Math.max(this.#last, number);
  }
}
