import ms from "ms";
import { DeferredSemaphore, fail, Failure, maybeDeferred, type Deferred } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import type { Step } from "./layer.ts";
import type { FetchRate } from "./upstreams/fetch-rate.ts";

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

/** Options for waiting. */
export interface WaitOptions {
  readonly clock: Clock;
  /** Time limit in milliseconds; 0 or Infinity: none. */
  readonly patience: number;
  /** Limits the rate of turns; absent: no limit. */
  readonly rate?: FetchRate | undefined;
}

/** Lets a limited number of fetches run at a time, a limited number wait in line, and fails the rest at once. */
export class FetchGate {
  readonly #semaphore: DeferredSemaphore;
  #limit: number;
  #queue: number;
  #waiting: WaitOptions | undefined;
  #inside = 0;
  #running = 0;
  #waitingBytes = 0;

  /**
   * @param limit how many may run, 1 or more
   * @param queue how many may wait, 0 or more
   * @param waiting default: without limits
   */
  constructor(limit: number, queue: number, waiting?: WaitOptions) {
    this.#semaphore = new DeferredSemaphore(limit);
    this.#limit = limit;
    this.#queue = queue;
    this.#waiting = waiting;
  }

  /** Changes the limits. Lowering one affects neither running nor waiting fetches. */
  resize(limit: number, queue: number, waiting?: WaitOptions): void {
    this.#limit = limit;
    this.#queue = queue;
    this.#waiting = waiting;
    this.#semaphore.limit = limit;
  }

  /** How many run. */
  get running(): number {
    return this.#running;
  }

  /** How many may run. */
  get limit(): number {
    return this.#limit;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#inside - this.#running;
  }

  /** Bytes of the waiting requests. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Calls `fetch` when there is room, and passes its outcome on. Fails with OverflowError or LateTurnError. Cancelling
   * leaves the line, or cancels the fetch.
   *
   * @param bytes of its request
   */
  run<T>(fetch: () => Deferred<T>, bytes = 0): Deferred<T> {
    if (this.#inside >= this.#limit + this.#queue) return fail(new OverflowError(this.#limit, this.#queue));
    this.#inside++;
    this.#waitingBytes += bytes;
    return this.#turn()
      .addBoth((outcome) => {
        this.#waitingBytes -= bytes;
        return outcome;
      })
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
    const place = this.#semaphore.acquire();
    if (!this.#waiting) return place;
    const { clock, patience, rate } = this.#waiting;
    if (place.called && !rate) return place;
    const turn = rate ? place.addCallback(() => this.#paced(rate)) : place;
    if (patience === 0) return turn;
    return turn.addTimeout(patience, clock, () => new Failure(new LateTurnError(patience)));
  }

  #paced(rate: FetchRate): Deferred {
    return rate.turn().addErrback((failure) => {
      this.#semaphore.release();
      return failure;
    });
  }
}

/** Lets `inner` begin when there is room for it. Fails with FetchError if too many wait already, or it waits too long. */
export function gated(gate: FetchGate, inner: Step): Step {
  return (record) => {
    const failed = (reason: "overflow" | "late", { message }: Error) => record.failure(reason, 0, message);
    return gate
      .run(() => {
        record.wish.begun?.();
        return inner(record);
      }, record.request.bytes.length)
      .addErrback((failure) => {
        const { value: error } = failure;
        if (error instanceof OverflowError) throw failed("overflow", error);
        if (error instanceof LateTurnError) throw failed("late", error);
        return failure;
      });
  };
}
