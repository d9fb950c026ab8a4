/**
 * A call that has been put off; cancelling it twice, or after it ran, does nothing.
 *
 * @example
 * const call: DelayedCall = clock.callLater(5000, giveUp);
 */
export interface DelayedCall {
  cancel(): void;
}

/**
 * Where time comes from. Injected, so that tests turn the hands themselves.
 *
 * @example
 * function poll(clock: Clock): Deferred<never> { return every(1000, ask, { clock }); }
 */
export interface Clock {
  /** Milliseconds since some fixed moment. Monotonic: never steps back, whatever the wall clock does. */
  now(): number;
  /** Runs `fn` once, `ms` milliseconds from now; any length, `Infinity` (never) included. */
  callLater(ms: number, fn: () => void): DelayedCall;
  /** Runs `fn` in the next turn of the event loop, after sockets had their chance. */
  nextTurn(fn: () => void): void;
}

/** The longest delay setTimeout keeps; it runs anything longer after 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function startTimer(ms: number, fn: () => void): DelayedCall {
  const deadline = performance.now() + ms;
  let handle: ReturnType<typeof setTimeout>;
  const arm = (left: number): void => {
    handle =
      left <= LONGEST_TIMER_MS
        ? setTimeout(fn, left)
        : setTimeout(() => arm(deadline - performance.now()), LONGEST_TIMER_MS);
  };
  arm(ms);
  return { cancel: () => clearTimeout(handle) };
}

const never: DelayedCall = { cancel: () => {} };

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  callLater: (ms, fn) => (ms === Infinity ? never : startTimer(ms, fn)),
  // Where there is no setImmediate (browsers), a timer is the next best.
  nextTurn: (fn) => void (globalThis.setImmediate ?? setTimeout)(fn),
};
