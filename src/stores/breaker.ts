import { CancelledError, fail, maybeDeferred, type Deferred } from "../deferred/mod.ts";
import { pauseAfter, type Backoff } from "../time/backoff.ts";
import type { Clock } from "../time/clock.ts";

/** The store is bypassed, because it failed a short time ago. */
export class BypassedError extends Error {
  override readonly name = "BypassedError";

  constructor() {
    super("bypassed after a failure");
  }
}

/** Options of a Breaker. */
export interface BreakerOptions {
  readonly clock: Clock;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Finds out whether the store works again, and makes up for what it has missed. No caller waits for it. */
  readonly probe: () => Deferred;
  /** Called once when the store begins to fail. */
  readonly opened: (error: unknown) => void;
  /** Called once when it works again. */
  readonly closed: () => void;
}

/** The pause before each probe of a failing store. */
const BACKOFF: Backoff = { first: 1_000, longest: 30_000, spread: [0.8, 1.2] };

/**
 * A circuit breaker: keeps callers from a failing store. One failure opens it; from then on calls fail at once. After a
 * pause, the next call triggers a probe, though it fails as well; if the probe succeeds, later calls are let through.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  /** Failures in a row; 0: it is closed. */
  #failures = 0;
  #allFailures = 0;
  #retryAt = 0;
  #probing: Deferred | undefined = undefined;
  /** Whether it is open though nothing has failed. */
  #isHeld = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#failures > 0 || this.#isHeld;
  }

  /** How many calls and probes have failed. */
  get failures(): number {
    return this.#allFailures;
  }

  /** Calls `fn`; fails with BypassedError while it is open. */
  run<T>(fn: () => Deferred<T>): Deferred<T> {
    if (this.isOpen) {
      this.#probeIfDue();
      return fail(new BypassedError());
    }
    return maybeDeferred(fn).addErrback((failure) => {
      if (!failure.check(CancelledError)) this.trip(failure.value);
      return failure;
    });
  }

  /** Opens it after a failure outside of `run`. */
  trip(error: unknown): void {
    if (this.isOpen) return void this.#allFailures++;
    this.#failed();
    this.#options.opened(error);
  }

  /** Stops probing: the store is about to be closed. */
  stop(): void {
    this.#retryAt = Infinity;
    this.#probing?.cancel();
  }

  /** Opens it until `release`, without probes, because the store belongs to another process. */
  hold(): void {
    this.#isHeld = true;
    this.#probing?.cancel();
  }

  release(): void {
    this.#isHeld = false;
  }

  #failed(): void {
    const { clock, random } = this.#options;
    this.#failures++;
    this.#allFailures++;
    this.#retryAt = clock.now() + pauseAfter(this.#failures, BACKOFF, random);
  }

  #probeIfDue(): void {
    if (this.#isHeld || this.#probing || this.#options.clock.now() < this.#retryAt) return;
    const probing = maybeDeferred(this.#options.probe).addCallbacks(
      () => this.#recovered(),
      (failure) => {
        if (!failure.check(CancelledError)) this.#failed();
      },
    );
    if (!probing.called) this.#probing = probing.addCallback(() => void (this.#probing = undefined));
  }

  #recovered(): void {
    this.#failures = 0;
    this.#options.closed();
  }
}
