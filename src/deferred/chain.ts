import { CANCELLING, PASSED_ON, SWALLOWS_NEXT, type CancelHook } from "./canceller.ts";
import { capture, inContext } from "./context.ts";
import { foreignError, kindElsewhere, MARK } from "./copies.ts";
import { debugging, originText } from "./debug.ts";
import { describe } from "./describe.ts";
import { AlreadyCalledError, CancelledError } from "./errors.ts";
import { Failure } from "./failure.ts";
import {
  outcomeOf,
  Pair,
  Resumable,
  sideOf,
  Successor,
  Successors,
  type Any,
  type Link,
  type Step,
} from "./link.ts";
import { IDLE, PAUSE, RUNNING, UNFIRED, WAITING, type Phase } from "./phase.ts";
import { isThenable } from "./thenable.ts";
import { blame, Liability, report, reportIfHandedOver, settle } from "./unhandled.ts";

/** How many used places may pile up at the head of `#links` before the array is compacted. */
const TAKEN_LINKS_KEPT = 64;

// Every field costs every Deferred 8 bytes, and memory is what bounds its speed: hence few, and some with two uses.

/**
 * The machinery of a Deferred, which knows no types: a result, the links it goes down, and what holds it up.
 * It runs in loops, never recursively: a chain of any length needs no more stack than a short one.
 */
export class Chain {
  /** The phase, and a PAUSE for each `pause()`; differences of phases lead from one to the next. */
  #state: number = UNFIRED;
  /** While it waits: for which chain. Before it has fired: the first Successor or Resumable that is to fire it, if any. */
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

  /**
   * Lets `follower` fire as `promise` settles. A Promise cannot be cancelled: after a cancel its outcome is swallowed.
   *
   * @internal
   */
  protected static follow<C extends Chain>(promise: PromiseLike<unknown>, follower: C): C {
    // Not its own then(): one that is not a Promise's may throw, answer twice, or answer with another thenable.
    Promise.resolve(promise).then(
      (value) => follower.fire(ownOrFailure(value)),
      (error: unknown) => follower.fire(Failure.of(error)),
    );
    return follower;
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

  /**
   * The result so far: a value, a Failure, the Deferred it waits for (for a Promise: one that stands for it);
   * `undefined` if it has not fired.
   */
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
   *
   * @param reason becomes the `cause` of the CancelledError
   */
  cancel(reason?: unknown): void {
    let next: Chain | undefined = this;
    while (next) {
      if (next.#phase === WAITING) next = next.#result;
      else if (next.#phase !== UNFIRED) return;
      else if (next.#result instanceof Resumable) next = next.#result.source;
      else return next.#cancelUnfired(reason);
    }
  }

  /** In one line: what it is doing, how many links have run and are left, what it holds or waits for. */
  describe(): string {
    const chains: string[] = [];
    for (let chain: unknown = this; chain instanceof Chain && chains.length < 5;) {
      const left = (chain.#links?.length ?? 0) - chain.#next;
      chains.push(describe(chain.#phase, chain.#ran + chain.#next, left, chain.#pauses, chain.#result));
      chain = chain.#phase === UNFIRED ? chain.#result?.source : chain.#result;
    }
    return chains.join(" waiting for ");
  }

  /** @internal */
  get [MARK](): "Deferred" {
    return "Deferred";
  }

  protected fire(result: Any): void {
    if (this.#phase === UNFIRED) {
      this.#begin(result);
      if (this.#links === undefined) this.#rest();
      else Chain.#run(this);
    } else if (this.#canceller === SWALLOWS_NEXT) this.#canceller = undefined;
    else throw this.#alreadyCalled();
  }

  protected add(given: Link | Pair): void {
    if (debugging) reportIfHandedOver(this.#liability, "a link is added to it");
    const link = capture === undefined ? given : inContext(given, capture());
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
    if (typeof this.#result === "object" && this.#result !== null && !this.#adopt(this.#result)) return;
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
    const { target } = successor;
    if (target !== undefined && target.#phase === UNFIRED && target.#result === undefined) {
      target.#result = successor;
      if (target.#hasWaiters && successor.isExclusive) this.#markWaitedFor();
    }
    const links = this.#links;
    const last = links?.[links.length - 1];
    if (links === undefined || !(last instanceof Successor || last instanceof Successors))
      this.#queue(successor);
    else links[links.length - 1] = together(last, successor);
    if (this.#state === IDLE) Chain.#run(this);
  }

  /**
   * Forgets a successor whose target was cancelled: this one may live long, and have many.
   *
   * @internal
   */
  dropSuccessor(successor: Successor<Chain>): void {
    successor.target = undefined;
    const links = this.#links;
    const last = links?.[links.length - 1];
    if (successor.place) successor.siblings?.leave(successor.place);
    if (links === undefined || (last !== successor && !(last instanceof Successors && last.length === 0)))
      return;
    links.pop();
    if (links.length === this.#next) this.#forgetLinks();
  }

  /**
   * Whether its result can be taken now.
   *
   * @internal
   */
  get isReady(): boolean {
    return this.#state === IDLE;
  }

  /**
   * Takes the result of one that is ready.
   *
   * @internal
   */
  take(): Any {
    if (debugging) reportIfHandedOver(this.#liability, "a generator yielded it");
    return this.#handOut();
  }

  /**
   * Notes that `resumable` alone is to fire this one.
   *
   * @internal
   */
  isFiredBy(resumable: Resumable<Chain>): void {
    this.#result = resumable;
  }

  /**
   * Lets `resumable`, which is to fire `end`, go on with the result; returns a failure if this one waits for `end`.
   *
   * @internal
   */
  letResume(resumable: Resumable<Chain>, end: Chain): Failure | undefined {
    const cycle = this.#waitsFor(end);
    if (cycle > 0) return this.#cycleOf(cycle);
    if (debugging) reportIfHandedOver(this.#liability, "a generator yielded it");
    resumable.source = this;
    this.#markWaitedFor();
    this.#queue(resumable);
    return undefined;
  }

  /**
   * Fires it, unless somebody else has; returns it if it is to run.
   *
   * @internal
   */
  end(result: Any): Chain | undefined {
    if (this.#phase !== UNFIRED) {
      if (this.#canceller !== SWALLOWS_NEXT) report(new Failure(this.#alreadyCalled()), this.#liability);
      this.#canceller = undefined;
      return undefined;
    }
    this.#begin(result);
    if (this.#links !== undefined) return this;
    this.#rest();
    return undefined;
  }

  /**
   * Runs it and whatever gets its result.
   *
   * @internal
   */
  run(): void {
    Chain.#run(this);
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

  #forgetLinks(): void {
    this.#links = undefined;
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

  #cancelUnfired(reason: unknown): void {
    const canceller = this.#canceller;
    if (canceller === undefined) {
      this.#begin(cancelled(reason));
      this.#canceller = SWALLOWS_NEXT;
      Chain.#run(this);
      return;
    }
    let answer: unknown;
    this.#canceller = CANCELLING;
    try {
      answer = canceller(this as never, reason);
    } catch (error) {
      report(Failure.of(error), this.#liability);
    }
    if (this.called) return;
    if (answer === PASSED_ON) this.#canceller = canceller;
    else this.fire(cancelled(reason));
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
      if (this.#next === links.length) this.#forgetLinks();
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
      if (typeof this.#result === "object" && this.#result !== null && !this.#adopt(this.#result))
        return undefined;
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

  /** Takes the result of a Deferred or Promise that a link returned, or waits for it (false). */
  #adopt(result: object): boolean {
    if (result instanceof Chain) return this.#adoptChain(result);
    if (result instanceof Failure) return true;
    this.#result = ownOrFailure(result);
    return (
      this.#result !== result || !isThenable(result) || this.#adoptChain(Chain.follow(result, new Chain()))
    );
  }

  #adoptChain(inner: Chain): boolean {
    const cycle = inner.#waitsFor(this);
    if (cycle > 0) {
      this.#result = inner.#cycleOf(cycle);
      return true;
    }
    if (debugging) reportIfHandedOver(inner.#liability, "a callback returned it");
    if (inner.#state === IDLE) {
      this.#result = inner.#handOut();
      return true;
    }
    this.#phase = WAITING;
    this.#result = inner;
    if (this.#liability) {
      settle(this.#liability);
      this.#liability.handedOver = false;
    }
    inner.#markWaitedFor();
    inner.#queue(this);
    return false;
  }

  #cycleOf(length: number): Failure {
    const message = `A callback returned a Deferred that waits for this one, a cycle of ${length}`;
    return new Failure(new TypeError(`${message}: ${this.describe()}`));
  }

  /** Marks it, and every Deferred it depends on, as having waiters. */
  #markWaitedFor(): void {
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
      // A Deferred with waiters has marked everything before it, so the walk can stop here.
      if (chain.#hasWaiters && !other.#hasWaiters) return 0;
    }
    return 0;
  }

  /** Where its result has to come from: the Deferred that it waits for, or the only one that is to fire it. */
  get #source(): Chain | undefined {
    if (this.#phase === WAITING) return this.#result;
    return this.#phase === UNFIRED && this.#result?.isExclusive ? this.#result.source : undefined;
  }

  /** Returns the chain that has the result now and is to run. */
  #handOver(link: Successor<Chain> | Successors<Chain> | Resumable<Chain> | Chain): Chain | undefined {
    if (link instanceof Chain) {
      link.#state += RUNNING - WAITING;
      link.#result = this.#handOut();
      return link;
    }
    if (link instanceof Resumable) return link.resume(this.#handOut());
    if (link instanceof Successors) {
      const next = link.shift();
      if (next === undefined) return undefined;
      if (link.length > 0) this.#putBack(link);
      return this.#handTo(next);
    }
    return this.#handTo(link);
  }

  /** Lets the successors that are left have their turn later. */
  #putBack(successors: Successors<Chain>): void {
    if (this.#links !== undefined) this.#links[--this.#next] = successors;
    else {
      this.#links = [successors];
      this.#ran--;
    }
  }

  #handTo({ target, mode }: Successor<Chain>): Chain | undefined {
    if (target === undefined) return undefined;
    if (target.#phase === UNFIRED) {
      target.#begin(mode === "copy" ? this.#result : this.#handOut());
      return target;
    }
    if (mode !== "hand over") return undefined; // Somebody else has fired it.
    if (target.#canceller === SWALLOWS_NEXT) {
      target.#canceller = undefined;
      this.#handOut();
    } else {
      this.#result = new Failure(target.#alreadyCalled());
    }
    return undefined;
  }

  /** The result goes elsewhere, and with it the duty to handle a failure. */
  #handOut(): Any {
    const result = this.#result;
    this.#result = undefined;
    if (this.#liability) settle(this.#liability);
    if (debugging) (this.#liability ??= new Liability()).handedOver = true;
    return result;
  }
}

/** `value`, unless another copy of this package made it: then a failure that says so. */
export function ownOrFailure(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Chain || value instanceof Failure)
    return value;
  const kind = kindElsewhere(value);
  return kind === undefined ? value : new Failure(foreignError(kind));
}

function cancelled(reason: unknown): Failure {
  return new Failure(new CancelledError(undefined, reason === undefined ? undefined : { cause: reason }));
}

/** One or several successors and one more. */
function together(last: Successor<Chain> | Successors<Chain>, next: Successor<Chain>): Successors<Chain> {
  const all = last instanceof Successors ? last : new Successors<Chain>();
  if (last instanceof Successor) join(all, last);
  join(all, next);
  return all;
}

function join(all: Successors<Chain>, successor: Successor<Chain>): void {
  successor.siblings = all;
  successor.place = all.add(successor);
}
