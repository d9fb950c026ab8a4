import { systemClock, type Clock } from "../clock.ts";
import { AlreadyCalledError, CancelledError, TimeoutError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { blame, liabilityOf, report, settle, type Liability } from "./unhandled.ts";

/** What a callback or errback may hand to the next link: a value, a failure, or a Deferred of either. */
export type Outcome<U> = U | Deferred<U> | Failure;

// A chain changes the type of its value at every link: inside, there is no telling which one it is just now.
// oxlint-disable-next-line typescript/no-explicit-any
type Any = any;

/** Asked to bring the operation to an end; it may fire the Deferred itself. */
export type Canceller = (deferred: Deferred<Any>) => void;

type Link = (result: Any) => unknown;

/** A place in another Deferred's chain where this one's result is due. */
class Successor {
  constructor(
    readonly target: Deferred<Any>,
    /** true: `target` waits for us (a callback returned us); false: we fire it (chainDeferred). */
    readonly waits: boolean,
  ) {}
}

/** Stands in for the canceller while that runs: it may call cancel() again. */
const CANCELLING: Canceller = () => {};

/**
 * A result that is not there yet, and the chain of callbacks it will go down: Twisted's Deferred. Synchronous
 * throughout: firing runs the chain before it returns, and a callback added to a fired Deferred runs at once.
 *
 * @example
 * const d = new Deferred<string>();
 * d.addCallback((poem) => poem.length).addErrback((failure) => failure.trap(RangeError) && 0);
 * d.callback("The fascination of what's difficult");
 */
export class Deferred<T = unknown> implements PromiseLike<T> {
  #called = false;
  #running = false;
  #swallowsNext = false;
  #hasWaiters = false;
  #pauses = 0;
  #result: Any = undefined;
  /** Callback, errback, callback, errback …; a Successor takes both places of its pair. */
  #chain: (Link | Successor | undefined)[] | undefined = undefined;
  #next = 0;
  #canceller: Canceller | undefined;
  #waitsFor: Deferred<Any> | undefined = undefined;
  #liability: Liability | undefined = undefined;
  #promise: Promise<T> | undefined = undefined;

  /** @param canceller is called, once, by `cancel()` on a Deferred that has not fired */
  constructor(canceller?: Canceller) {
    this.#canceller = canceller;
  }

  /** Whether it has been fired. */
  get called(): boolean {
    return this.#called;
  }

  /** How many things hold the chain up: `pause()` calls, and the Deferred it waits for. */
  get paused(): number {
    return this.#pauses + (this.#waitsFor ? 1 : 0);
  }

  /** The result so far: a value, a Failure, the Deferred it waits for; `undefined` if it has not fired. */
  get result(): unknown {
    return this.#waitsFor ?? this.#result;
  }

  /**
   * Fires it with a value (a Failure fires it as `errback` does).
   *
   * @throws {AlreadyCalledError} if it has been fired; the chain is not touched
   * @throws {TypeError} for a Deferred: chain it with `chainDeferred`
   */
  callback(value: T | Failure): void {
    if (value instanceof Deferred)
      throw new TypeError("Cannot fire a Deferred with a Deferred: use chainDeferred()");
    this.#fire(value);
  }

  /**
   * Fires it with a failure: a Failure as it is, any other value wrapped in one.
   *
   * @throws {AlreadyCalledError} if it has been fired
   */
  errback(error: unknown): void {
    if (arguments.length === 0) throw new TypeError("Cannot fire errback() without an error");
    if (error instanceof Deferred)
      throw new TypeError("Cannot fire a Deferred with a Deferred: use chainDeferred()");
    this.#fire(Failure.of(error));
  }

  /** Adds a link for values; failures pass it by. Extra arguments follow the value. */
  addCallback<U, A extends unknown[]>(
    callback: (value: T, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<U> {
    requireFunction("addCallback", callback);
    return this.#add(bind(callback, args), undefined);
  }

  /** Adds a link for failures; values pass it by. */
  addErrback<U, A extends unknown[]>(
    errback: (failure: Failure, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<T | U> {
    requireFunction("addErrback", errback);
    return this.#add(undefined, bind(errback, args));
  }

  /** Adds one link for both. */
  addBoth<U, A extends unknown[]>(
    both: (result: T | Failure, ...args: A) => Outcome<U>,
    ...args: A
  ): Deferred<U> {
    requireFunction("addBoth", both);
    const link = bind(both, args);
    return this.#add(link, link);
  }

  /** Adds a pair: `callback` for a value, `errback` for a failure, never one after the other. */
  addCallbacks<U, V = T>(
    callback: (value: T) => Outcome<U>,
    errback?: (failure: Failure) => Outcome<V>,
  ): Deferred<U | V> {
    requireFunction("addCallbacks", callback);
    if (errback !== undefined) requireFunction("addCallbacks", errback);
    return this.#add(callback, errback);
  }

  /** Fires `other` with the result at this place of the chain; this one goes on with `undefined`. */
  chainDeferred(other: Deferred<T>): Deferred<undefined> {
    const successor = new Successor(other, false);
    return this.#add(successor, successor);
  }

  /** Holds the chain until as many `unpause()` calls; firing and adding go on meanwhile. */
  pause(): void {
    this.#pauses++;
  }

  /** @throws {Error} without a `pause()` before it */
  unpause(): void {
    if (this.#pauses === 0) throw new Error("Cannot unpause a Deferred that is not paused");
    this.#pauses--;
    if (this.#pauses === 0 && this.#called) Deferred.#run(this);
  }

  /**
   * Asks for the operation to end early. Unfired: the canceller is called; unless that fires it, it fails with
   * CancelledError. Waiting for another Deferred: that one is cancelled. Otherwise nothing happens.
   */
  cancel(): void {
    let last: Deferred<Any> = this;
    while (last.#waitsFor) last = last.#waitsFor;
    if (last.#called || last.#canceller === CANCELLING) return;
    const canceller = last.#canceller;
    if (canceller) {
      last.#canceller = CANCELLING;
      try {
        canceller(last);
      } catch (error) {
        report(new Failure(error));
      }
    } else {
      last.#swallowsNext = true; // Whoever was to fire it does not know yet.
    }
    if (!last.#called) last.#begin(new Failure(new CancelledError()));
  }

  /**
   * Cancels it when `ms` milliseconds have passed before the chain got here. Covers what was added before this call.
   *
   * @param onTimeout makes the result once time is up, of any result; by default CancelledError becomes TimeoutError
   */
  addTimeout<U = T>(
    ms: number,
    clock: Pick<Clock, "callLater"> = systemClock,
    onTimeout?: (result: T | Failure, ms: number) => Outcome<U>,
  ): Deferred<T | U> {
    let timedOut = false;
    const timer = clock.callLater(ms, () => {
      timedOut = true;
      this.cancel();
    });
    const mapped = this.addBoth((result): Outcome<T | U> => {
      if (!timedOut) return result;
      if (onTimeout) return onTimeout(result, ms);
      const cancelled = result instanceof Failure && result.check(CancelledError);
      return cancelled ? new Failure(new TimeoutError(ms)) : result;
    });
    return mapped.addBoth((result) => {
      if (!timedOut) timer.cancel();
      return result;
    });
  }

  /** A Deferred of its own with the same outcome; this one's result stays, and cancelling the fork does not reach it. */
  fork(): Deferred<T> {
    const fork = new Deferred<T>();
    this.addBoth((result) => {
      fork.callback(result);
      return result;
    });
    return fork;
  }

  /** The result as a Promise, always the same one; it takes the result, and the duty to handle an error, along. */
  toPromise(): Promise<T> {
    this.#promise ??= new Promise<T>((resolve, reject) => {
      this.addCallbacks(resolve, (failure) => reject(failure.value));
    });
    return this.#promise;
  }

  /** What `await` calls. */
  // oxlint-disable-next-line unicorn/no-thenable -- being awaitable is the point
  then<U = T, V = never>(
    onFulfilled?: ((value: T) => U | PromiseLike<U>) | null,
    onRejected?: ((error: unknown) => V | PromiseLike<V>) | null,
  ): Promise<U | V> {
    return this.toPromise().then(onFulfilled, onRejected);
  }

  #add(callback: Link | Successor | undefined, errback: Link | Successor | undefined): Deferred<Any> {
    const chain = this.#chain;
    if (chain === undefined) this.#chain = [callback, errback];
    else chain.push(callback, errback);
    if (this.#called) Deferred.#run(this);
    return this;
  }

  #fire(result: Any): void {
    if (!this.#called) return this.#begin(result);
    if (!this.#swallowsNext)
      throw new AlreadyCalledError(`Cannot fire a Deferred twice: it has fired already`);
    this.#swallowsNext = false;
  }

  #begin(result: Any): void {
    this.#take(result);
    Deferred.#run(this);
  }

  /** Becomes a fired Deferred; what the canceller holds is let go. */
  #take(result: Any): void {
    this.#called = true;
    this.#canceller = undefined;
    this.#result = result;
  }

  /** Runs `current` and whoever it hands its result to: a loop with a stack of its own, so chains may be any length. */
  static #run(current: Deferred<Any>): void {
    const unfinished: Deferred<Any>[] = [];
    for (let running: Deferred<Any> | undefined = current; running;) {
      const successor: Deferred<Any> | undefined = running.#runChain();
      if (successor && running.#chain) unfinished.push(running);
      running = successor ?? unfinished.pop();
    }
  }

  /** Runs its links until none is left or something holds it up; returns whom it handed its result to, who goes first. */
  #runChain(): Deferred<Any> | undefined {
    if (this.#running || this.#waitsFor) return undefined;
    while (this.#chain && this.#pauses === 0) {
      const chain = this.#chain;
      const at = this.#result instanceof Failure ? this.#next + 1 : this.#next;
      const link = chain[at];
      this.#next += 2;
      if (this.#next === chain.length) {
        this.#chain = undefined;
        this.#next = 0;
      }
      if (typeof link === "function") {
        if (!this.#call(link)) return undefined;
      } else if (link) {
        const next = this.#handOver(link);
        if (next) return next;
      }
    }
    this.#noteOutcome();
    return undefined;
  }

  /** Runs one callback; false if it returned a Deferred that is not ready. */
  #call(link: Link): boolean {
    this.#running = true;
    try {
      this.#result = link(this.#result);
    } catch (error) {
      this.#result = Failure.of(error);
    }
    this.#running = false;
    return !(this.#result instanceof Deferred) || this.#adopt(this.#result);
  }

  /** Takes the result of a Deferred that a callback returned, or waits for it (false). */
  #adopt(inner: Deferred<Any>): boolean {
    if (inner === this || (this.#hasWaiters && inner.#waitsOn(this))) {
      this.#result = new Failure(
        new TypeError("Cannot wait for a Deferred that waits for this one: a cycle"),
      );
      return true;
    }
    if (inner.#ready) {
      this.#result = inner.#giveUp();
      return true;
    }
    const successor = new Successor(this, true);
    this.#waitsFor = inner;
    this.#result = undefined;
    inner.#hasWaiters = true;
    if (this.#liability) settle(this.#liability);
    inner.#add(successor, successor);
    return false;
  }

  /** Fired, and nothing left to run or to wait for. */
  get #ready(): boolean {
    return this.#called && !this.#running && this.#pauses === 0 && !this.#waitsFor && !this.#chain;
  }

  #waitsOn(other: Deferred<Any>): boolean {
    let last: Deferred<Any> | undefined = this;
    while (last && last !== other) last = last.#waitsFor;
    return last === other;
  }

  /** Returns the Deferred that took the result and is to run now, if one did. */
  #handOver({ target, waits }: Successor): Deferred<Any> | undefined {
    if (waits) {
      target.#waitsFor = undefined;
      target.#result = this.#giveUp();
      return target;
    }
    if (!target.#called) {
      target.#take(this.#giveUp());
      return target;
    }
    if (target.#swallowsNext) {
      target.#swallowsNext = false;
      this.#giveUp();
    } else {
      this.#result = new Failure(new AlreadyCalledError("Cannot chain to a Deferred that has fired already"));
    }
    return undefined;
  }

  /** The result goes elsewhere, and with it the duty to handle a failure. */
  #giveUp(): Any {
    const result = this.#result;
    this.#result = undefined;
    if (this.#liability) settle(this.#liability);
    return result;
  }

  #noteOutcome(): void {
    if (this.#result instanceof Failure) {
      this.#liability ??= liabilityOf(this);
      blame(this.#liability, this.#result);
    } else if (this.#liability) settle(this.#liability);
  }
}

function requireFunction(action: string, value: unknown): void {
  if (typeof value !== "function")
    throw new TypeError(`Cannot ${action}(${String(value)}): expected a function`);
}

function bind(fn: Link | ((result: Any, ...args: Any[]) => unknown), args: unknown[]): Link {
  return args.length === 0 ? fn : (result) => fn(result, ...args);
}
