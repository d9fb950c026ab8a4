/** Beyond this many keys, everything is considered outdated. */
const MOST_KEYS = 10_000;

/**
 * Removals that a failing store has missed. They must be done before it is used again, or it would return outdated
 * values.
 */
export class Owed {
  /** The number below which values of each key are outdated. */
  #keys = new Map<string, number>();
  #isAll = false;

  get isNothing(): boolean {
    return !this.#isAll && this.#keys.size === 0;
  }

  /** Values of `key` with a smaller number are outdated; without a number, all of them. */
  drop(key: string, number = Infinity): void {
    if (this.#isAll) return;
    this.#keys.set(key, Math.max(number, this.#keys.get(key) ?? 0));
    if (this.#keys.size > MOST_KEYS) this.all();
  }

  /** Everything is outdated. */
  all(): void {
    this.#isAll = true;
    this.#keys.clear();
  }

  /** Hands over what is owed: from now on the caller is responsible for it. */
  take(): ReadonlyMap<string, number> | "all" {
    const taken = this.#isAll ? "all" : this.#keys;
    this.#keys = new Map();
    this.#isAll = false;
    return taken;
  }

  /** Takes back what could not be done. */
  giveBack(taken: ReadonlyMap<string, number> | "all"): void {
    if (taken === "all") return this.all();
    for (const [key, number] of taken) this.drop(key, number);
  }
}
