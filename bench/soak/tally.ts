/** Counts how often each of several things happened. */
export class Tally<T extends string> {
  readonly #counts: Map<T, number>;

  constructor(names: readonly T[]) {
    this.#counts = new Map(names.map((name) => [name, 0]));
  }

  count(name: T): void {
    this.#counts.set(name, this.of(name) + 1);
  }

  of(name: T): number {
    return this.#counts.get(name) ?? 0;
  }

  get total(): number {
    return this.#counts.values().reduce((sum, count) => sum + count, 0);
  }

  add(other: Tally<T>): void {
    for (const [name, count] of other.#counts) this.#counts.set(name, this.of(name) + count);
  }

  /** All counts on one line. */
  describe(): string {
    return Array.from(this.#counts, ([name, count]) => `${name} ${count}`).join(" · ");
  }
}
