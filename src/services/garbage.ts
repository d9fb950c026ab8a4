/**
 * Has garbage collected; returns whether it will, which is optional unless there is `too much`. With `much`, the limit is
 * exceeded. Calls `gone` once the memory is free.
 */
export type CollectGarbage = (howMuch: "some" | "much" | "too much", gone: () => void) => boolean;

/** Without a collector there is no garbage. */
const AT_ONCE: CollectGarbage = (_, gone) => {
  gone();
  return true;
};

/** Memory that was dropped, until the system has it back. */
export class Garbage {
  #dropped = 0;
  /** Bytes that are being collected, or that the allocator has not returned yet. */
  #leaving = 0;
  #parent: Garbage | undefined;
  readonly #collector: CollectGarbage;
  readonly #whenGone: () => void;

  /**
   * @param whenGone called whenever some is gone
   * @param parent counts it as well
   */
  constructor(collector: CollectGarbage = AT_ONCE, whenGone: () => void = () => {}, parent?: Garbage) {
    this.#collector = collector;
    this.#whenGone = whenGone;
    this.#parent = parent;
  }

  /** All of it. */
  get bytes(): number {
    return this.#dropped + this.#leaving;
  }

  /** Bytes that will be gone in a moment. */
  get leaving(): number {
    return this.#leaving;
  }

  /** Bytes that nobody collects yet. */
  get dropped(): number {
    return this.#dropped;
  }

  drop(bytes: number): void {
    this.#dropped += bytes;
    this.#parent?.drop(bytes);
  }

  /** What is dropped from now on does not count for the parent. */
  leave(): void {
    this.#parent = undefined;
  }

  collect(howMuch: Parameters<CollectGarbage>[0]): void {
    const end = this.#begin();
    if (!this.#collector(howMuch, () => end("gone"))) end("stays");
  }

  #begin(): (how: "gone" | "stays") => void {
    const bytes = this.#dropped;
    const endOfParent = this.#parent && this.#parent.#begin();
    this.#dropped = 0;
    this.#leaving += bytes;
    return (how) => {
      this.#leaving -= bytes;
      if (how === "stays") this.#dropped += bytes;
      else this.#whenGone();
      endOfParent?.(how);
    };
  }
}
