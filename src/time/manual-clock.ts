import type { Clock, DelayedCall } from "./clock.ts";

interface Call {
  due: number;
  fn: () => void;
}

/**
 * A clock that stands still until a test advances it: `advance(ms)` for timers, `turn()` for the next turn of the event
 * loop.
 *
 * @example const clock = new ManualClock(); const poem = fetchPoem().addTimeout(5000, clock); clock.advance(5000);
 *   expect(failureOf(poem, TimeoutError).ms).toBe(5000);
 */
export class ManualClock implements Clock {
  #now = 0;
  #calls: Call[] = [];
  #turn: (() => void)[] = [];
  #watchers: (() => void)[] = [];

  /** How many calls are pending; 0 if nothing was left behind. */
  get pending(): number {
    return this.#calls.length + this.#turn.length;
  }

  /** How many of them wait for the next turn of the event loop. */
  get turnsDue(): number {
    return this.#turn.length;
  }

  now(): number {
    return this.#now;
  }

  callLater(ms: number, fn: () => void): DelayedCall {
    const call: Call = { due: this.#now + ms, fn };
    this.#calls.push(call);
    for (const resolve of this.#watchers.splice(0)) resolve();
    return { cancel: () => void (this.#calls = this.#calls.filter((other) => other !== call)) };
  }

  /** Resolves at the next call of `callLater`: a barrier for code that sets a timer when it makes progress. */
  nextCall(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  nextTurn(fn: () => void): void {
    this.#turn.push(fn);
  }

  /** Runs the calls scheduled for the next turn of the event loop. */
  turn(): void {
    for (const fn of this.#turn.splice(0)) fn();
  }

  /**
   * Lets `ms` milliseconds pass as in a stopped process: all calls that become due run one after another at the end.
   */
  stall(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  /** Lets `ms` milliseconds pass: calls that become due run one after another, each at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#calls.filter((call) => call.due <= end).toSorted((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#calls = this.#calls.filter((call) => call !== next);
      this.#now = Math.max(this.#now, next.due);
      next.fn();
    }
    this.#now = end;
  }
}
