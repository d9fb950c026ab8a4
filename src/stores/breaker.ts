import { CancelledError, fail, maybeDeferred, type Deferred } from "../deferred/mod.ts";
import { pauseAfter, type Backoff } from "../time/backoff.ts";
import type { Clock } from "../time/clock.ts";

/** The store is not asked at the moment, because it failed a short time ago. */
export class BypassedError extends Error {
  override readonly name = "BypassedError";

  constructor() {
    super("bypassed after a failure");
  }
}

export interface BreakerOptions {
  readonly clock: Clock;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Finds out whether the store works again, and makes up for what it has missed. Nobody waits for it. */
  readonly probe: () => Deferred;
  /** Told once when the store begins to fail. */
  readonly opened: (error: unknown) => void;
  /** Told once when it works again. */
  readonly closed: () => void;
}

/** Between two probes of a store that fails. */
const BACKOFF: Backoff = { first: 1_000, longest: 30_000, spread: [0.8, 1.2] };

/**
 * Keeps callers from a store that fails: one failure opens it, from then on they are told at once. The first to come after a
 * pause makes it probe the store, and does without; if the probe succeeds, the next ones are let through.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  /** In a row: 0: it is closed. */
  #failures = 0;
  #allFailures = 0;
  #retryAt = 0;
  #probing: Deferred | undefined = undefined;
  /** Whether callers are kept away though nothing has failed. */
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

  /** Calls `fn` unless the store fails at the moment: then fails with BypassedError. */
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

  /** Opens: something has failed that nobody waited for. */
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

  /** Keeps callers away until it is released, and does not probe: the store belongs to somebody else. */
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
