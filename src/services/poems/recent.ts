import type { Clock } from "../../time/clock.ts";
import { DeferredLock, type Deferred } from "../../deferred/mod.ts";
import { FlightTable } from "../../cache/flight.ts";

/** The outcome of a costly job, which runs once at a time, is shared by all callers and kept for a while. */
export class Recent<T> {
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #job: () => Deferred<T>;
  readonly #oneAtATime = new DeferredLock();
  /** Runs by number: the one under way, and the next, which waits for it. */
  readonly #runs: FlightTable<T>;
  #begun = 0;
  #last: { readonly outcome: T; readonly at: number } | undefined = undefined;

  /** @param keptMs how long an outcome is kept after the job has ended, in milliseconds */
  constructor(clock: Clock, keptMs: number, job: () => Deferred<T>) {
    this.#clock = clock;
    this.#keptMs = keptMs;
    this.#job = job;
    this.#runs = new FlightTable(clock);
  }

  /** The last outcome, while it is kept. */
  get kept(): T | undefined {
    const isKept = this.#last && this.#clock.now() - this.#last.at < this.#keptMs;
    if (!isKept) this.#last = undefined;
    return this.#last?.outcome;
  }

  /** The outcome of a run that begins after this call. Cancelling affects no other caller. */
  next(): Deferred<T> {
    return this.#join(this.#begun);
  }

  /** The outcome of the run under way or, if there is none, of the next. */
  current(): Deferred<T> {
    const last = this.#begun - 1;
    return this.#join(this.#runs.has(`${last}`) ? last : this.#begun);
  }

  #join(run: number): Deferred<T> {
    return this.#runs.join(`${run}`, () => this.#oneAtATime.run(() => this.#begin()));
  }

  #begin(): Deferred<T> {
    this.#begun++;
    return this.#job().addCallback((outcome) => {
      this.#last = { outcome, at: this.#clock.now() };
      return outcome;
    });
  }
}
