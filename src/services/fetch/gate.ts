import ms from "ms";
import { DeferredSemaphore, fail, Failure, maybeDeferred, type Deferred } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import type { Step } from "./layer.ts";

/** More fetches were wanted than may run and wait. */
export class OverflowError extends Error {
  override readonly name = "OverflowError";

  constructor(limit: number, queue: number) {
    super(`${limit} under way and ${queue} waiting already`);
  }
}

/** A fetch has waited too long for its turn. */
export class LateTurnError extends Error {
  override readonly name = "LateTurnError";

  /** @param patience milliseconds that it has waited */
  constructor(patience: number) {
    super(`its turn did not come within ${ms(patience)}`);
  }
}

/** How long to wait for a turn. */
export interface Patience {
  readonly clock: Clock;
  /** Milliseconds; 0 or Infinity: as long as it takes. */
  readonly patience: number;
}

/** Lets so many fetches run at a time, so many more wait in a row, and fails the rest at once. */
export class FetchGate {
  readonly #semaphore: DeferredSemaphore;
  readonly #limit: number;
  readonly #queue: number;
  readonly #patience: Patience | undefined;
  #inside = 0;
  #running = 0;

  /**
   * @param limit how many may run, 1 or more
   * @param queue how many may wait, 0 or more
   * @param patience default: they wait as long as it takes
   */
  constructor(limit: number, queue: number, patience?: Patience) {
    this.#semaphore = new DeferredSemaphore(limit);
    this.#limit = limit;
    this.#queue = queue;
    this.#patience = patience;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#inside - this.#running;
  }

  /**
   * Calls `fetch` when there is room, and passes its outcome on. Fails with OverflowError or LateTurnError. Cancelling
   * leaves the row, or cancels the fetch.
   */
  run<T>(fetch: () => Deferred<T>): Deferred<T> {
    if (this.#inside >= this.#limit + this.#queue) return fail(new OverflowError(this.#limit, this.#queue));
    this.#inside++;
    return this.#turn()
      .addCallback(() => {
        this.#running++;
        return maybeDeferred(fetch).addBoth((outcome) => {
          this.#running--;
          this.#semaphore.release();
          return outcome;
        });
      })
      .addBoth((outcome) => {
        this.#inside--;
        return outcome;
      });
  }

  /** Fires when there is room, which is then taken. */
  #turn(): Deferred {
    const turn = this.#semaphore.acquire();
    if (turn.called || !this.#patience) return turn;
    const { clock, patience } = this.#patience;
    if (patience === 0) return turn;
    return turn.addTimeout(patience, clock, () => new Failure(new LateTurnError(patience)));
  }
}

/** Lets `inner` begin when there is room for it. Fails with FetchError when too many wait already, or for too long. */
export function gated(gate: FetchGate, inner: Step): Step {
  return (record) => {
    const failed = (reason: "overflow" | "late", { message }: Error) => record.failure(reason, 0, message);
    return gate
      .run(() => {
        record.wish.begun?.();
        return inner(record);
      })
      .addErrback((failure) => {
        const { value: error } = failure;
        if (error instanceof OverflowError) throw failed("overflow", error);
        if (error instanceof LateTurnError) throw failed("late", error);
        return failure;
      });
  };
}
