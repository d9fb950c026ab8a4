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

/** What waiting for a turn is like. */
export interface WaitOptions {
  readonly clock: Clock;
  /** Milliseconds that it may take; 0 or Infinity: as long as it takes. */
  readonly patience: number;
  /** How many turns there are in a time; absent: as many as there is room for. */
  readonly rate?: FetchRate | undefined;
}

/** Lets so many fetches run at a time, so many more wait in a row, and fails the rest at once. */
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
   * @param waiting default: as long as it takes
   */
  constructor(limit: number, queue: number, waiting?: WaitOptions) {
    this.#semaphore = new DeferredSemaphore(limit);
    this.#limit = limit;
    this.#queue = queue;
    this.#waiting = waiting;
  }

  /** Sets other limits: a lower one stops nothing that is under way, and nobody who waits has to leave. */
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

  /** Bytes of what those ask that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Calls `fetch` when there is room, and passes its outcome on. Fails with OverflowError or LateTurnError. Cancelling
   * leaves the row, or cancels the fetch.
   *
   * @param bytes of what it asks
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

/** Lets `inner` begin when there is room for it. Fails with FetchError when too many wait already, or for too long. */
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
