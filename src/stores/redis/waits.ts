import { Deferred, type Failure } from "../../deferred/mod.ts";
import type { Clock, DelayedCall } from "../../time/clock.ts";

/** A lease that another node holds. */
export interface HeldLease {
  /** The names of the number and the lease on the server. */
  readonly keys: readonly [number: string, lease: string];
  /** The number of the load under way. */
  readonly number: string;
}

interface Wait {
  readonly lease: HeldLease;
  readonly changed: Deferred<void>;
  polls: number;
  dueAt: number;
}

/** Options of Waits. */
export interface WaitsOptions {
  readonly clock: Clock;
  /** Numbers from 0 to 1, for jitter. */
  readonly random: () => number;
  /** Finds out in one call which of these leases have changed hands or are gone. */
  readonly poll: (leases: readonly HeldLease[]) => Deferred<readonly boolean[]>;
}

/** Pauses between checks of a lease, in milliseconds, ± 20 %; the last one is repeated. */
const PAUSES_MS = [25, 50, 100] as const;
/** Leases that are due within these milliseconds are checked in the same call. */
const TOGETHER_MS = 10;
/** Maximum number of leases per call: more would block Redis for others. */
const MOST_A_CALL = 500;

/** Waits for the leases of other nodes on a server. Those that are due are checked in one call. */
export class Waits {
  readonly #options: WaitsOptions;
  readonly #waits = new Set<Wait>();
  #tick: DelayedCall | undefined = undefined;
  #tickAt = Infinity;

  constructor(options: WaitsOptions) {
    this.#options = options;
  }

  /** How many leases are awaited. */
  get size(): number {
    return this.#waits.size;
  }

  /** Fires when the lease has changed hands or is gone; fails if the server cannot be reached. */
  until(lease: HeldLease): Deferred<void> {
    const wait: Wait = {
      lease,
      changed: new Deferred<void>(() => this.#leave(wait)),
      polls: 0,
      dueAt: 0,
    };
    this.#waits.add(wait);
    this.#schedule(wait);
    return wait.changed;
  }

  #schedule(wait: Wait): void {
    const { clock, random } = this.#options;
    const pause = PAUSES_MS[Math.min(wait.polls, PAUSES_MS.length - 1)] as number;
    wait.polls++;
    wait.dueAt = clock.now() + pause * (0.8 + 0.4 * random());
    if (wait.dueAt < this.#tickAt) this.#tickAtThe(wait.dueAt);
  }

  #tickAtThe(moment: number): void {
    const { clock } = this.#options;
    this.#tick?.cancel();
    this.#tickAt = moment;
    this.#tick = moment === Infinity ? undefined : clock.callLater(moment - clock.now(), () => this.#ask());
  }

  #ask(): void {
    const until = this.#options.clock.now() + TOGETHER_MS;
    const due = [...this.#waits].filter(({ dueAt }) => dueAt <= until);
    for (const wait of due) wait.dueAt = Infinity; // Until the reply arrives.
    this.#tickAtThe(this.#waits.values().reduce((first, { dueAt }) => Math.min(first, dueAt), Infinity));
    for (let i = 0; i < due.length; i += MOST_A_CALL) this.#askFor(due.slice(i, i + MOST_A_CALL));
  }

  #askFor(waits: readonly Wait[]): void {
    this.#options.poll(waits.map(({ lease }) => lease)).addCallbacks(
      (changed) => this.#answered(waits, changed),
      (failure) => this.#failed(waits, failure),
    );
  }

  #answered(waits: readonly Wait[], changed: readonly boolean[]): void {
    for (const [index, wait] of waits.entries()) {
      if (!this.#waits.has(wait)) continue; // Its waiter has left.
      if (changed[index] === false) {
        this.#schedule(wait);
      } else {
        this.#waits.delete(wait);
        wait.changed.callback();
      }
    }
  }

  #failed(waits: readonly Wait[], failure: Failure): void {
    for (const wait of waits) if (this.#waits.delete(wait)) wait.changed.errback(failure.value);
  }

  #leave(wait: Wait): void {
    this.#waits.delete(wait);
    if (this.#waits.size === 0) this.#tickAtThe(Infinity);
  }
}
