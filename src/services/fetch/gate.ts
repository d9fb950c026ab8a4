import { DeferredSemaphore, fail, type Deferred } from "../../deferred/mod.ts";
import { FetchError } from "./errors.ts";
import type { Step } from "./layer.ts";

/** More fetches were wanted than may run and wait. */
export class OverflowError extends Error {
  override readonly name = "OverflowError";

  constructor(limit: number, queue: number) {
    super(`${limit} under way and ${queue} waiting already`);
  }
}

/** Lets so many fetches run at a time, so many more wait in a row, and fails the rest at once. */
export class FetchGate {
  readonly #semaphore: DeferredSemaphore;
  readonly #limit: number;
  readonly #queue: number;
  #inside = 0;

  /**
   * @param limit how many may run, 1 or more
   * @param queue how many may wait, 0 or more
   */
  constructor(limit: number, queue: number) {
    this.#semaphore = new DeferredSemaphore(limit);
    this.#limit = limit;
    this.#queue = queue;
  }

  /** How many run. */
  get running(): number {
    return Math.min(this.#inside, this.#limit);
  }

  /** How many may run. */
  get limit(): number {
    return this.#limit;
  }

  /** How many wait. */
  get waiting(): number {
    return Math.max(0, this.#inside - this.#limit);
  }

  /** Calls `fetch` when there is room, and passes its outcome on. Fails with OverflowError. */
  run<T>(fetch: () => Deferred<T>): Deferred<T> {
    if (this.#inside >= this.#limit + this.#queue) return fail(new OverflowError(this.#limit, this.#queue));
    this.#inside++;
    return this.#semaphore.run(fetch).addBoth((outcome) => {
      this.#inside--;
      return outcome;
    });
  }
}

/** Lets `inner` begin when there is room for it. Fails with FetchError when too many wait already. */
export function gated(gate: FetchGate, inner: Step): Step {
  return (record) =>
    gate
      .run(() => inner(record))
      .addErrback((failure) => {
        failure.trap(OverflowError);
        throw new FetchError(record.upstream, "overflow", 0, failure.getErrorMessage());
      });
}
