/** A call that has been put off; cancelling it twice, or after it ran, does nothing. */
export interface DelayedCall {
  cancel(): void;
}

/** Where time comes from. Injected, so that tests turn the hands themselves. */
export interface Clock {
  /** Milliseconds since some fixed moment. Monotonic: never steps back, whatever the wall clock does. */
  now(): number;
  /**
   * Runs `fn` once, `ms` milliseconds from now; any length, `Infinity` (never) included. After a stall of the process
   * sockets have their turn first.
   */
  callLater(ms: number, fn: () => void): DelayedCall;
  /** Runs `fn` in the next turn of the event loop, after sockets had their chance. */
  nextTurn(fn: () => void): void;
}

/** The longest delay setTimeout keeps; it runs anything longer after 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A timer that is later than this does not belong to a busy loop: the process was stopped, or the machine was. What fell
 * due and what came meanwhile are there at the same time then, and Bun runs timers first.
 */
const LATE_MS = 50;

/** Turns of the loop that sockets get before a late timer runs: enough to read what the kernel holds for one of them. */
const TURNS_WHEN_LATE = 16;

class Timer implements DelayedCall {
  readonly #due: number;
  readonly #fn: () => void;
  #handle: ReturnType<typeof setTimeout> | undefined;
  #isCancelled = false;

  constructor(ms: number, fn: () => void) {
    this.#due = performance.now() + ms;
    this.#fn = fn;
    this.#arm(ms);
  }

  cancel(): void {
    this.#isCancelled = true;
    clearTimeout(this.#handle);
  }

  #arm(ms: number): void {
    this.#handle = setTimeout(() => this.#ring(), Math.min(ms, LONGEST_TIMER_MS));
  }

  #ring(): void {
    const left = this.#due - performance.now();
    if (left >= 1) this.#arm(left);
    else if (left < -LATE_MS) this.#runIn(TURNS_WHEN_LATE);
    else this.#fn();
  }

  #runIn(turns: number): void {
    if (this.#isCancelled) return; // What came was what it waited for.
    if (turns === 0) this.#fn();
    else nextTurn(() => this.#runIn(turns - 1));
  }
}

// Where there is no setImmediate (browsers), a timer is the next best.
function nextTurn(fn: () => void): void {
  (globalThis.setImmediate ?? setTimeout)(fn);
}

const never: DelayedCall = { cancel: () => {} };

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  callLater: (ms, fn) => (ms === Infinity ? never : new Timer(ms, fn)),
  nextTurn,
};
