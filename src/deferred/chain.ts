import { CANCELLING, PassedOn, SWALLOWS_NEXT, type CancelHook } from "./canceller.ts";
import { debugging, originText } from "./debug.ts";
import { describe } from "./describe.ts";
import { AlreadyCalledError, CancelledError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { outcomeOf, Pair, sideOf, Successor, type Any, type Link, type Step } from "./link.ts";
import { IDLE, PAUSE, RUNNING, UNFIRED, WAITING, type Phase } from "./phase.ts";
import { blame, Liability, report, reportIfHandedOver, settle } from "./unhandled.ts";

/** Places of links that have run, at the head of an array: so many are no matter. */
const TAKEN_LINKS_KEPT = 64;

// Every field costs every Deferred 8 bytes, and memory is what bounds its speed: hence few, and some with two uses.

/**
 * The machinery of a Deferred, which knows no types: a result, the links it goes down, and what holds it up.
 * It runs in loops, never recursively: a chain of any length needs no more stack than a short one.
 */
export class Chain {
  /** The phase, and a PAUSE for each `pause()`; differences of phases lead from one to the next. */
  #state: number = UNFIRED;
  /** While it waits: for whom. Before it has fired: the first Successor that is to fire it, if any. */
  #result: Any = undefined;
  #links: (Step<Chain> | undefined)[] | undefined = undefined;
  /** Where in `#links` the next one stands. */
  #next = 0;
  /** How many links ran before those in `#links`. */
  #ran = 0;
  #hasWaiters = false;
  #canceller: CancelHook | undefined;
  #liability: Liability | undefined = undefined;

  /** @param canceller is called by `cancel()` on a Deferred that has not fired */
  constructor(canceller?: CancelHook) {
    this.#canceller = canceller;
    if (debugging) this.#liability = new Liability(new Error("Created"));
  }

  get #phase(): Phase {
    return (this.#state & (PAUSE - 1)) as Phase;
  }

  set #phase(phase: Phase) {
    this.#state += phase - this.#phase;
  }

  get #pauses(): number {
    return Math.floor(this.#state / PAUSE);
  }

  /** Whether it has been fired. */
  get called(): boolean {
    return this.#phase !== UNFIRED;
  }

  /** How many things hold the chain up: `pause()` calls, and the Deferred it waits for. */
  get paused(): number {
    return this.#phase === WAITING ? this.#pauses + 1 : this.#pauses;
  }

  /** The result so far: a value, a Failure, the Deferred it waits for; `undefined` if it has not fired. */
  get result(): unknown {
    return this.called ? this.#result : undefined;
  }

  /** Holds the chain until as many `unpause()` calls; firing and adding go on meanwhile. */
  pause(): void {
    this.#state += PAUSE;
  }

  /** @throws {Error} without a `pause()` before it */
  unpause(): void {
    if (this.#pauses === 0) throw new Error("Cannot unpause a Deferred that is not paused");
    this.#state -= PAUSE;
    if (this.#state === IDLE) Chain.#run(this);
  }

  /**
   * Asks for the operation to end early. Unfired: the canceller is called; unless that fires it, it fails with
   * CancelledError. Waiting for another Deferred: that one is cancelled. Otherwise nothing happens.
   */
  cancel(): void {
    let next: Chain | undefined = this;
    while (next) {
      if (next.#phase === WAITING) next = next.#result;
      else next = next.#phase === UNFIRED ? next.#cancelUnfired() : undefined;
    }
  }

  /** For people, in one line: what it is doing, how many links have run and are left, what it holds or waits for. */
  describe(): string {
    const chains: string[] = [];
    for (let chain: unknown = this; chain instanceof Chain && chains.length < 5;) {
      const left = (chain.#links?.length ?? 0) - chain.#next;
      chains.push(describe(chain.#phase, chain.#ran + chain.#next, left, chain.#pauses, chain.#result));
      chain = chain.#result instanceof Successor ? chain.#result.source : chain.#result;
    }
    return chains.join(" waiting for ");
  }

  protected fire(result: Any): void {
    if (this.#phase === UNFIRED) {
      this.#begin(result);
      if (this.#links === undefined) this.#rest();
      else Chain.#run(this);
    } else if (this.#canceller === SWALLOWS_NEXT) this.#canceller = undefined;
    else throw this.#alreadyCalled();
  }

  protected add(link: Link | Pair): void {
    if (debugging) reportIfHandedOver(this.#liability, "a link is added to it");
    if (this.#state !== IDLE) return this.#queue(link);
    const side = sideOf(link, this.#result);
    this.#ran++;
    if (side === undefined) return;
    this.#state = RUNNING;
    // Not by way of outcomeOf(): this is the quickest path there is, and the compiler inlines only so deep.
    try {
      this.#result = side(this.#result);
    } catch (error) {
      this.#result = Failure.of(error);
    }
    if (this.#result instanceof Chain && !this.#adopt(this.#result)) return;
    if (this.#links === undefined) this.#rest();
    else Chain.#run(this);
  }

  /**
   * Adds a place where the result fires another one.
   *
   * @internal
   */
  addSuccessor(successor: Successor<Chain>): void {
    if (debugging) reportIfHandedOver(this.#liability, "another one is to get it");
    this.announce(successor);
    this.#queue(successor);
    if (this.#phase === IDLE) Chain.#run(this);
  }

  /**
   * Notes that a successor will be added some time: if this one waits for its target, that is a cycle.
   *
   * @internal
   */
  announce(successor: Successor<Chain>): void {
    const { target } = successor;
    if (target === undefined || target.#phase !== UNFIRED || target.#result !== undefined) return;
    target.#result = successor;
    if (target.#hasWaiters && successor.isExclusive) this.#isWaitedFor();
  }

  #queue(link: Step<Chain>): void {
    if (this.#links === undefined) this.#links = [link];
    else {
      if (this.#next > TAKEN_LINKS_KEPT && this.#next > this.#links.length / 2)
        this.#forgetTaken(this.#links);
      this.#links.push(link);
    }
  }

  /** For a chain that is never without links. */
  #forgetTaken(links: unknown[]): void {
    links.splice(0, this.#next);
    this.#ran += this.#next;
    this.#next = 0;
  }

  /** Becomes a fired chain; what the canceller holds is let go. */
  #begin(result: Any): void {
    this.#state += RUNNING - UNFIRED;
    this.#result = result;
    this.#canceller = undefined;
    if (debugging) (this.#liability ??= new Liability()).fired = new Error("Fired");
  }

  /** Returns whom the request goes on to, if the canceller said so. */
  #cancelUnfired(): Chain | undefined {
    const canceller = this.#canceller;
    if (canceller === undefined) {
      this.#begin(new Failure(new CancelledError()));
      this.#canceller = SWALLOWS_NEXT;
      Chain.#run(this);
      return undefined;
    }
    let answer: unknown;
    this.#canceller = CANCELLING;
    try {
      answer = canceller(this as never);
    } catch (error) {
      report(Failure.of(error), this.#liability);
    }
    if (this.called) return undefined;
    if (answer instanceof PassedOn) {
      this.#canceller = canceller;
      return answer.next;
    }
    this.fire(new Failure(new CancelledError()));
    return undefined;
  }

  #alreadyCalled(): AlreadyCalledError {
    return new AlreadyCalledError(`Cannot fire ${this.describe()} again${originText(this.#liability)}`);
  }

  /** Runs `first` and whoever it hands its result to, who goes first. */
  static #run(first: Chain): void {
    let unfinished: Chain[] | undefined;
    let chain: Chain | undefined = first;
    while (chain) {
      const target: Chain | undefined = chain.#runLinks();
      if (target && chain.#phase === RUNNING) (unfinished ??= []).push(chain);
      chain = target ?? unfinished?.pop();
    }
  }

  /** Runs its links until none is left or something holds it up; returns whom it handed its result to, if it did. */
  #runLinks(): Chain | undefined {
    this.#phase = RUNNING;
    while (this.#links !== undefined && this.#state === RUNNING) {
      const links = this.#links;
      const link = links[this.#next]!;
      links[this.#next++] = undefined;
      if (this.#next === links.length) {
        this.#links = undefined;
        this.#ran += this.#next;
        this.#next = 0;
      }
      if (typeof link === "function") {
        // By itself, and not by way of sideOf(): where callbacks differ, that is twice as fast.
        if (this.#result instanceof Failure) continue;
        this.#result = outcomeOf(link, this.#result);
      } else if (link instanceof Pair) {
        const side = sideOf(link, this.#result);
        if (side === undefined) continue;
        this.#result = outcomeOf(side, this.#result);
      } else {
        const target = this.#handOver(link);
        if (target === undefined) continue;
        if (this.#links === undefined) this.#rest();
        return target;
      }
      if (this.#result instanceof Chain && !this.#adopt(this.#result)) return undefined;
    }
    this.#rest();
    return undefined;
  }

  /** Nothing runs any more; a failure that is left is somebody's to handle. */
  #rest(): void {
    this.#state += IDLE - RUNNING;
    if (this.#result instanceof Failure) {
      this.#liability ??= new Liability();
      blame(this, this.#liability, this.#result);
    } else if (this.#liability) settle(this.#liability);
    if (debugging && this.#liability && this.#result !== undefined) this.#liability.handedOver = false;
  }

  /** Takes the result of a Deferred that a callback returned, or waits for it (false). */
  #adopt(inner: Chain): boolean {
    const cycle = inner.#waitsFor(this);
    if (cycle > 0) {
      const message = `A callback returned a Deferred that waits for this one, a cycle of ${cycle}`;
      this.#result = new Failure(new TypeError(`${message}: ${inner.describe()}`));
      return true;
    }
    if (debugging) reportIfHandedOver(inner.#liability, "a callback returned it");
    if (inner.#state === IDLE) {
      this.#result = inner.#giveUp();
      return true;
    }
    this.#phase = WAITING;
    if (this.#liability) {
      settle(this.#liability);
      this.#liability.handedOver = false;
    }
    inner.#isWaitedFor();
    inner.#queue(this);
    return false;
  }

  /** Notes it, also for whoever is to fire it. */
  #isWaitedFor(): void {
    let chain: Chain | undefined = this;
    while (chain && !chain.#hasWaiters) {
      chain.#hasWaiters = true;
      chain = chain.#source;
    }
  }

  /** How many Deferreds there are from this one to `other`, both included, if it waits for that; otherwise 0. */
  #waitsFor(other: Chain): number {
    let length = 0;
    for (let chain: Chain | undefined = this; chain; chain = chain.#source) {
      length++;
      if (chain === other) return length;
      // One that is waited for has told all before it: else every row would be walked to its end.
      if (chain.#hasWaiters && !other.#hasWaiters) return 0;
    }
    return 0;
  }

  /** Where its result has to come from: the Deferred that it waits for, or the only one that is to fire it. */
  get #source(): Chain | undefined {
    if (this.#phase === WAITING) return this.#result;
    return this.#phase === UNFIRED && this.#result?.isExclusive ? this.#result.source : undefined;
  }

  /** Returns the target if it has the result now and is to run. */
  #handOver(link: Successor<Chain> | Chain): Chain | undefined {
    if (link instanceof Chain) {
      link.#state += RUNNING - WAITING;
      link.#result = this.#giveUp();
      return link;
    }
    const { target, mode } = link;
    if (target === undefined) return undefined;
    if (target.#phase === UNFIRED) {
      target.#begin(mode === "copy" ? this.#result : this.#giveUp());
      return target;
    }
    if (mode !== "hand over") return undefined; // Somebody else has fired it.
    if (target.#canceller === SWALLOWS_NEXT) {
      target.#canceller = undefined;
      this.#giveUp();
    } else {
      this.#result = new Failure(target.#alreadyCalled());
    }
    return undefined;
  }

  /** The result goes elsewhere, and with it the duty to handle a failure. */
  #giveUp(): Any {
    const result = this.#result;
    this.#result = undefined;
    if (this.#liability) settle(this.#liability);
    if (debugging) (this.#liability ??= new Liability()).handedOver = true;
    return result;
  }
}
