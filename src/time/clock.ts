/**
 * A scheduled call; cancelling it twice, or after it ran, does nothing.
 *
 * @example
 * const call: DelayedCall = clock.callLater(5000, giveUp);
 */
export interface DelayedCall {
  cancel(): void;
}

/**
 * The source of time. Injected, so that tests can set it themselves.
 *
 * @example
 * function poll(clock: Clock): Deferred<never> { return every(1000, ask, { clock }); }
 */
export interface Clock {
  /** Milliseconds since some fixed moment. Monotonic: never steps back, whatever the wall clock does. */
  now(): number;
  /** Runs `fn` once, `ms` milliseconds from now; any length, `Infinity` (never) included. */
  callLater(ms: number, fn: () => void): DelayedCall;
  /** Runs `fn` in the next turn of the event loop, after sockets have had their turn. */
  nextTurn(fn: () => void): void;
}

/** The longest delay that setTimeout supports; anything longer would run after 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A timer later than this is not explained by a busy loop: the process or the machine was suspended. Then timers that fell
 * due and bytes that arrived meanwhile are there at the same time, and Bun runs timers first.
 */
const LATE_MS = 50;

/** Turns of the loop that sockets get before a late timer runs: enough to read all that the kernel holds for one of them. */
const TURNS_WHEN_LATE = 16;

function now(): number {
  return performance.now();
}

function callLater(ms: number, fn: () => void): DelayedCall {
  const due = now() + ms;
  let handle: ReturnType<typeof setTimeout> | undefined;
  arm(ms);
  return { cancel: () => clearTimeout(handle) };

  function arm(left: number): void {
    if (left < Infinity) handle = setTimeout(ring, Math.min(left, LONGEST_TIMER_MS));
  }

  function ring(): void {
    const left = due - now();
    if (left < 1) fn();
    else arm(left);
  }
}

/** As `callLater`, but a late call lets sockets have their turn first. */
function callPatiently(ms: number, fn: () => void): DelayedCall {
  const due = now() + ms;
  let isCancelled = false;
  const call = callLater(ms, () => runIn(now() - due > LATE_MS ? TURNS_WHEN_LATE : 0));
  return {
    cancel() {
      isCancelled = true;
      call.cancel();
    },
  };

  function runIn(turns: number): void {
    if (isCancelled) return; // The bytes that arrived were the ones it waited for.
    if (turns === 0) fn();
    else nextTurn(() => runIn(turns - 1));
  }
}

// Browsers have no setImmediate; a timer is the next best thing.
function nextTurn(fn: () => void): void {
  (globalThis.setImmediate ?? setTimeout)(fn);
}

/** The machine's clock, for the program: after a stall, sockets have their turn before timers. */
export const systemClock: Clock = { now, callLater: callPatiently, nextTurn };

/** The machine's plain clock: the default in `deferred/`, which knows nothing of sockets. */
export const plainClock: Clock = { now, callLater, nextTurn };
