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

/**
 * A timer that is later than this does not belong to a busy loop: the process was stopped, or the machine was. What fell
 * due and what came meanwhile are there at the same time then, and Bun runs timers first.
 */
const LATE_MS = 50;

/** Turns of the loop that sockets get before a late timer runs: enough to read what the kernel holds for one of them. */
const TURNS_WHEN_LATE = 16;

function now(): number {
  return performance.now();
}

function callLater(ms: number, fn: () => void): DelayedCall {
  const due = now() + ms;
  let handle: ReturnType<typeof setTimeout> | undefined;
  const ring = (): void => (due - now() < 1 ? fn() : arm(due - now()));
  const arm = (left: number): void => void (handle = setTimeout(ring, Math.min(left, LONGEST_TIMER_MS)));
  if (ms < Infinity) arm(ms);
  return { cancel: () => clearTimeout(handle) };
}

/** As `callLater`, but a call that is late lets sockets have their turn first. */
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
    if (isCancelled) return; // What came was what it waited for.
    if (turns === 0) fn();
    else nextTurn(() => runIn(turns - 1));
  }
}

// Where there is no setImmediate (browsers), a timer is the next best.
function nextTurn(fn: () => void): void {
  (globalThis.setImmediate ?? setTimeout)(fn);
}

/** The machine's clock, for the program: after a stall of the process sockets have their turn before timers. */
export const systemClock: Clock = { now, callLater: callPatiently, nextTurn };

/** The machine's clock as it is: what `deferred/`, which knows no sockets, uses where it is given no other. */
export const plainClock: Clock = { now, callLater, nextTurn };
