/** More keys than this are not remembered one by one. */
const MOST_KEYS = 10_000;

/** What a store has missed while it failed, and must do before it is asked again: else it would give what is outdated. */
export class Owed {
  /** Until which number each key is outdated. */
  #keys = new Map<string, number>();
  #isAll = false;

  get isNothing(): boolean {
    return !this.#isAll && this.#keys.size === 0;
  }

  /** What the store has of `key` with a smaller number is outdated; without number: all that it has. */
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

  /** Hands over what is owed: from now on it is owed by whoever took it. */
  take(): ReadonlyMap<string, number> | "all" {
    const taken = this.#isAll ? "all" : this.#keys;
    this.#keys = new Map();
    this.#isAll = false;
    return taken;
  }

  /** It could not be done after all. */
  giveBack(taken: ReadonlyMap<string, number> | "all"): void {
    if (taken === "all") return this.all();
    for (const [key, number] of taken) this.drop(key, number);
  }
}
