import ms from "ms";
import { DeferredSemaphore, fail, Failure, maybeDeferred, type Deferred } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import type { Step } from "./layer.ts";
import type { FetchRate } from "./upstreams/fetch-rate.ts";

/** More work was requested than may run and queue. */
export class OverflowError extends Error {
  override readonly name = "OverflowError";

  constructor(limit: number, queue: number) {
    super(`${limit} already running and ${queue} queued`);
  }
}

/** A fetch was queued for too long. */
export class LateTurnError extends Error {
  override readonly name = "LateTurnError";

  /** @param patience milliseconds that it was queued */
  constructor(patience: number) {
    super(`still queued after ${ms(patience)}`);
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

/** Limits how many fetches run at a time and how many queue for a place; further ones fail at once. */
export class FetchGate {
  readonly #semaphore: DeferredSemaphore;
  #limit: number;
  #queue: number;
  #waiting: WaitOptions | undefined;
  #inside = 0;
  #running = 0;
  #waitingBytes = 0;

  /**
   * @param limit how many may run, at least 1
   * @param queue how many may queue, 0 or more
   * @param waiting default: they may queue for any time, at any rate
   */
  constructor(limit: number, queue: number, waiting?: WaitOptions) {
    this.#semaphore = new DeferredSemaphore(limit);
    this.#limit = limit;
    this.#queue = queue;
    this.#waiting = waiting;
  }

  /** Changes the limits. Lowering one affects neither running nor queued fetches. */
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

  /** How many are queued. */
  get waiting(): number {
    return this.#inside - this.#running;
  }

  /** Bytes of the queued requests. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Calls `fetch` when there is a free place, and passes its outcome on. Fails with OverflowError or LateTurnError.
   * Cancelling leaves the queue, or cancels the fetch.
   *
   * @param bytes the length of its request
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

  /** Fires once it holds a place and the rate allows it to begin. */
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

/**
 * Runs `inner` when the gate has a place for it. Fails with FetchError if the queue is full, or it is queued for too
 * long.
 */
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
