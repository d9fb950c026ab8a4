/**
 * A scheduled call. Cancelling it twice, or after it ran, does nothing.
 *
 * @example
 * const call: DelayedCall = clock.callLater(5000, giveUp);
 */
export interface DelayedCall {
  cancel(): void;
}

/**
 * The source of time. Injected, so that tests can control it.
 *
 * @example
 * function poll(clock: Clock): Deferred<never> { return every(1000, ask, { clock }); }
 */
export interface Clock {
  /** Milliseconds since an arbitrary moment. Monotonic: never steps back, whatever the wall clock does. */
  now(): number;
  /** Runs `fn` once, `ms` milliseconds from now. Any length is supported; `Infinity`: never. */
  callLater(ms: number, fn: () => void): DelayedCall;
  /** Runs `fn` in the next turn of the event loop, after sockets have had their turn. */
  nextTurn(fn: () => void): void;
}

/** The longest delay that setTimeout supports; a longer one would become 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * In milliseconds. A busy event loop does not explain a later timer: the process or the machine was suspended. Then
 * timers that are due and bytes that have arrived are ready at the same time, and Bun runs timers first.
 */
const LATE_MS = 50;

/** Turns of the event loop before a late timer runs: enough to read everything that the kernel holds for a socket. */
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

/** Like `callLater`, but a late call lets sockets have their turn first. */
function callPatiently(ms: number, fn: () => void): DelayedCall {
  const due = now() + ms;
  let isCancelled = false;
  // Deadlines may just have passed, and Bun prints a warning on standard error for a negative delay.
  const call = callLater(Math.max(ms, 0), () => runIn(now() - due > LATE_MS ? TURNS_WHEN_LATE : 0));
  return {
    cancel() {
      isCancelled = true;
      call.cancel();
    },
  };

  function runIn(turns: number): void {
    if (isCancelled) return; // By the bytes that had arrived.
    if (turns === 0) fn();
    else nextTurn(() => runIn(turns - 1));
  }
}

// Browsers have no setImmediate: there, a timer has to do.
function nextTurn(fn: () => void): void {
  (globalThis.setImmediate ?? setTimeout)(fn);
}

/** The machine's clock, as the program uses it: after a stall, sockets have their turn before timers. */
export const systemClock: Clock = { now, callLater: callPatiently, nextTurn };

/** The machine's plain clock: the default in `deferred/`, which does not deal with sockets. */
export const plainClock: Clock = { now, callLater, nextTurn };
