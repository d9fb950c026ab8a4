import { CANCELLING, PASSED_ON, SWALLOWS_NEXT, type CancelHook } from "./canceller.ts";
import { inContext } from "./context.ts";
import { foreignError, kindElsewhere, MARK } from "./copies.ts";
import { debug } from "./debug.ts";
import { describe } from "./describe.ts";
import { AlreadyCalledError, CancelledError } from "./errors.ts";
import { Failure } from "./failure.ts";
import {
  Member,
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
import { blame, Liability, report, settle } from "./unhandled.ts";

/** How many used places may pile up at the head of `_links` before the array is compacted. */
const TAKEN_LINKS_KEPT = 64;

// Every field costs every Deferred 8 bytes, and memory is what bounds its speed: hence few, and some with two uses.
// TypeScript's `private`, assigned in the constructor: #private and class fields take V8 up to twice as long (0101).

/**
 * The machinery of a Deferred, which knows no types: a result, the links it goes down, and what holds it up.
 * It runs in loops, never recursively: a chain of any length needs no more stack than a short one.
 */
export class Chain {
  /** The phase, and a PAUSE for each `pause()`; differences of phases lead from one to the next. */
  declare private _state: number;
  /** While it waits: for which chain. Before it has fired: the first Successor or Resumable that is to fire it, if any. */
  declare private _result: Any;
  declare private _links: (Step<Chain> | undefined)[] | undefined;
  /** Where in `_links` the next one stands. */
  declare private _next: number;
  /** How many links ran before those in `_links`. */
  declare private _ran: number;
  declare private _hasWaiters: boolean;
  declare private _canceller: CancelHook | undefined;
  declare private _liability: Liability | undefined;

  /** @param canceller is called by `cancel()` on a Deferred that has not fired */
  constructor(canceller?: CancelHook) {
    this._state = UNFIRED;
    this._result = undefined;
    this._links = undefined;
    this._next = 0;
    this._ran = 0;
    this._hasWaiters = false;
    this._canceller = canceller;
    this._liability = debug?.created();
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

  private get _phase(): Phase {
    return (this._state & (PAUSE - 1)) as Phase;
  }

  private set _phase(phase: Phase) {
    this._state += phase - this._phase;
  }

  private get _pauses(): number {
    return Math.floor(this._state / PAUSE);
  }

  /** Whether it has been fired. */
  get called(): boolean {
    return this._phase !== UNFIRED;
  }

  /** How many things hold the chain up: `pause()` calls, and the Deferred it waits for. */
  get paused(): number {
    return this._phase === WAITING ? this._pauses + 1 : this._pauses;
  }

  /**
   * The result so far: a value, a Failure, the Deferred it waits for (for a Promise: one that stands for it);
   * `undefined` if it has not fired.
   */
  get result(): unknown {
    return this.called ? this._result : undefined;
  }

  /** Holds the chain until as many `unpause()` calls; firing and adding go on meanwhile. */
  pause(): void {
    this._state += PAUSE;
  }

  /** @throws {Error} without a `pause()` before it */
  unpause(): void {
    if (this._pauses === 0) throw new Error("Cannot unpause a Deferred that is not paused");
    this._state -= PAUSE;
    if (this._state === IDLE) Chain._run(this);
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
      if (next._phase === WAITING) next = next._result;
      else if (next._phase !== UNFIRED) return;
      else if (next._result instanceof Resumable) next = next._result.source;
      else return next._cancelUnfired(reason);
    }
  }

  /** In one line: what it is doing, how many links have run and are left, what it holds or waits for. */
  describe(): string {
    const chains: string[] = [];
    for (let chain: unknown = this; chain instanceof Chain && chains.length < 5;) {
      const left = (chain._links?.length ?? 0) - chain._next;
      chains.push(describe(chain._phase, chain._ran + chain._next, left, chain._pauses, chain._result));
      chain = chain._phase === UNFIRED ? chain._result?.source : chain._result;
    }
    return chains.join(" waiting for ");
  }

  /** @internal */
  get [MARK](): "Deferred" {
    return "Deferred";
  }

  protected fire(result: Any): void {
    if (this._phase === UNFIRED) {
      this._begin(result);
      if (this._links === undefined) this._rest();
      else Chain._run(this);
    } else if (this._canceller === SWALLOWS_NEXT) this._canceller = undefined;
    else throw this._alreadyCalled();
  }

  protected add(given: Link | Pair): void {
    debug?.used(this._liability, "a link is added to it");
    const link = inContext === undefined ? given : inContext(given);
    if (this._state !== IDLE) return this._queue(link);
    const side = sideOf(link, this._result);
    this._ran++;
    if (side === undefined) return;
    this._state = RUNNING;
    // Not by way of outcomeOf(): this is the quickest path there is, and the compiler inlines only so deep.
    try {
      this._result = side(this._result);
    } catch (error) {
      this._result = Failure.of(error);
    }
    if (typeof this._result === "object" && this._result !== null && !this._adopt(this._result)) return;
    if (this._links === undefined) this._rest();
    else Chain._run(this);
  }

  /**
   * Adds the place where a list sees the result.
   *
   * @internal
   */
  addMember(member: Member): void {
    debug?.used(this._liability, "a list is to see it");
    this._queue(member);
    if (this._state === IDLE) Chain._run(this);
  }

  /**
   * Adds a place where the result fires another one.
   *
   * @internal
   */
  addSuccessor(successor: Successor<Chain>): void {
    debug?.used(this._liability, "another one is to get it");
    const { target } = successor;
    if (target !== undefined && target._phase === UNFIRED && target._result === undefined) {
      target._result = successor;
      if (target._hasWaiters && successor.isExclusive) this._markWaitedFor();
    }
    const links = this._links;
    const last = links?.[links.length - 1];
    if (links === undefined || !(last instanceof Successor || last instanceof Successors))
      this._queue(successor);
    else links[links.length - 1] = together(last, successor);
    if (this._state === IDLE) Chain._run(this);
  }

  /**
   * Forgets a successor whose target was cancelled: this one may live long, and have many.
   *
   * @internal
   */
  dropSuccessor(successor: Successor<Chain>): void {
    successor.target = undefined;
    const links = this._links;
    const last = links?.[links.length - 1];
    successor.siblings?.delete(successor);
    if (links === undefined || (last !== successor && !(last instanceof Successors && last.length === 0)))
      return;
    links.pop();
    if (links.length === this._next) this._forgetLinks();
  }

  /**
   * Whether its result can be taken now.
   *
   * @internal
   */
  get isReady(): boolean {
    return this._state === IDLE;
  }

  /**
   * Takes the result of one that is ready.
   *
   * @internal
   */
  take(): Any {
    debug?.used(this._liability, "a generator yielded it");
    return this._handOut();
  }

  /**
   * Notes that `resumable` alone is to fire this one.
   *
   * @internal
   */
  isFiredBy(resumable: Resumable<Chain>): void {
    this._result = resumable;
  }

  /**
   * Lets `resumable`, which is to fire `end`, go on with the result; returns a failure if this one waits for `end`.
   *
   * @internal
   */
  letResume(resumable: Resumable<Chain>, end: Chain): Failure | undefined {
    const cycle = this._waitsFor(end);
    if (cycle > 0) return this._cycleOf(cycle);
    debug?.used(this._liability, "a generator yielded it");
    resumable.source = this;
    this._markWaitedFor();
    this._queue(resumable);
    return undefined;
  }

  /**
   * Fires it, unless somebody else has; returns it if it is to run.
   *
   * @internal
   */
  end(result: Any): Chain | undefined {
    if (this._phase !== UNFIRED) {
      if (this._canceller !== SWALLOWS_NEXT) report(new Failure(this._alreadyCalled()), this._liability);
      this._canceller = undefined;
      return undefined;
    }
    this._begin(result);
    if (this._links !== undefined) return this;
    this._rest();
    return undefined;
  }

  /**
   * Runs it and whatever gets its result.
   *
   * @internal
   */
  run(): void {
    Chain._run(this);
  }

  private _queue(link: Step<Chain>): void {
    if (this._links === undefined) this._links = [link];
    else {
      if (this._next > TAKEN_LINKS_KEPT && this._next > this._links.length / 2)
        this._forgetTaken(this._links);
      this._links.push(link);
    }
  }

  /** For a chain that is never without links. */
  private _forgetTaken(links: unknown[]): void {
    links.splice(0, this._next);
    this._ran += this._next;
    this._next = 0;
  }

  private _forgetLinks(): void {
    this._links = undefined;
    this._ran += this._next;
    this._next = 0;
  }

  /** Becomes a fired chain; what the canceller holds is let go. */
  private _begin(result: Any): void {
    this._state += RUNNING - UNFIRED;
    this._result = result;
    this._canceller = undefined;
    if (debug !== undefined) this._liability = debug.fired(this._liability);
  }

  private _cancelUnfired(reason: unknown): void {
    const canceller = this._canceller;
    if (canceller === undefined) {
      this._begin(cancelled(reason));
      this._canceller = SWALLOWS_NEXT;
      Chain._run(this);
      return;
    }
    let answer: unknown;
    this._canceller = CANCELLING;
    try {
      answer = canceller(this as never, reason);
    } catch (error) {
      report(Failure.of(error), this._liability);
    }
    if (this.called) return;
    if (answer === PASSED_ON) this._canceller = canceller;
    else this.fire(cancelled(reason));
  }

  private _alreadyCalled(): AlreadyCalledError {
    return new AlreadyCalledError(`Cannot fire ${this.describe()} again${this._liability?.origin ?? ""}`);
  }

  /** Runs `first` and whoever it hands its result to, who goes first. */
  private static _run(first: Chain): void {
    let unfinished: Chain[] | undefined;
    let chain: Chain | undefined = first;
    while (chain) {
      const target: Chain | undefined = chain._runLinks();
      if (target && chain._phase === RUNNING) (unfinished ??= []).push(chain);
      chain = target ?? unfinished?.pop();
    }
  }

  /** Runs its links until none is left or something holds it up; returns whom it handed its result to, if it did. */
  private _runLinks(): Chain | undefined {
    this._phase = RUNNING;
    while (this._links !== undefined && this._state === RUNNING) {
      const links = this._links;
      const link = links[this._next]!;
      links[this._next++] = undefined;
      if (this._next === links.length) this._forgetLinks();
      if (typeof link === "function") {
        // By itself, and not by way of sideOf(): where callbacks differ, that is twice as fast.
        if (this._result instanceof Failure) continue;
        this._result = outcomeOf(link, this._result);
      } else if (link instanceof Pair) {
        const side = sideOf(link, this._result);
        if (side === undefined) continue;
        this._result = outcomeOf(side, this._result);
      } else if (link instanceof Member) {
        this._result = link.watch(this._result, link.index);
        continue;
      } else {
        const target = this._handOver(link);
        if (target === undefined) continue;
        if (this._links === undefined) this._rest();
        return target;
      }
      if (typeof this._result === "object" && this._result !== null && !this._adopt(this._result))
        return undefined;
    }
    this._rest();
    return undefined;
  }

  /** Nothing runs any more; a failure that is left is somebody's to handle. */
  private _rest(): void {
    this._state += IDLE - RUNNING;
    if (this._result instanceof Failure) {
      this._liability ??= new Liability();
      blame(this, this._liability, this._result);
    } else if (this._liability) settle(this._liability);
    if (debug && this._liability && this._result !== undefined) this._liability.handedOver = false;
  }

  /** Takes the result of a Deferred or Promise that a link returned, or waits for it (false). */
  private _adopt(result: object): boolean {
    if (result instanceof Chain) return this._adoptChain(result);
    if (result instanceof Failure) return true;
    this._result = ownOrFailure(result);
    return (
      this._result !== result || !isThenable(result) || this._adoptChain(Chain.follow(result, new Chain()))
    );
  }

  private _adoptChain(inner: Chain): boolean {
    const cycle = inner._waitsFor(this);
    if (cycle > 0) {
      this._result = inner._cycleOf(cycle);
      return true;
    }
    debug?.used(inner._liability, "a callback returned it");
    if (inner._state === IDLE) {
      this._result = inner._handOut();
      return true;
    }
    this._phase = WAITING;
    this._result = inner;
    if (this._liability) {
      settle(this._liability);
      this._liability.handedOver = false;
    }
    inner._markWaitedFor();
    inner._queue(this);
    return false;
  }

  private _cycleOf(length: number): Failure {
    const message = `A callback returned a Deferred that waits for this one, a cycle of ${length}`;
    return new Failure(new TypeError(`${message}: ${this.describe()}`));
  }

  /** Marks it, and every Deferred it depends on, as having waiters. */
  private _markWaitedFor(): void {
    let chain: Chain | undefined = this;
    while (chain && !chain._hasWaiters) {
      chain._hasWaiters = true;
      chain = chain._source;
    }
  }

  /** How many Deferreds there are from this one to `other`, both included, if it waits for that; otherwise 0. */
  private _waitsFor(other: Chain): number {
    let length = 0;
    for (let chain: Chain | undefined = this; chain; chain = chain._source) {
      length++;
      if (chain === other) return length;
      // A Deferred with waiters has marked everything before it, so the walk can stop here.
      if (chain._hasWaiters && !other._hasWaiters) return 0;
    }
    return 0;
  }

  /** Where its result has to come from: the Deferred that it waits for, or the only one that is to fire it. */
  private get _source(): Chain | undefined {
    if (this._phase === WAITING) return this._result;
    return this._phase === UNFIRED && this._result?.isExclusive ? this._result.source : undefined;
  }

  /** Returns the chain that has the result now and is to run. */
  private _handOver(
    link: Successor<Chain> | Successors<Chain> | Resumable<Chain> | Chain,
  ): Chain | undefined {
    if (link instanceof Chain) {
      link._state += RUNNING - WAITING;
      link._result = this._handOut();
      return link;
    }
    if (link instanceof Resumable) return link.resume(this._handOut());
    if (link instanceof Successors) {
      const next = link.shift();
      if (next === undefined) return undefined;
      if (link.length > 0) this._putBack(link);
      return this._handTo(next);
    }
    return this._handTo(link);
  }

  /** Lets the successors that are left have their turn later. */
  private _putBack(successors: Successors<Chain>): void {
    if (this._links !== undefined) this._links[--this._next] = successors;
    else {
      this._links = [successors];
      this._ran--;
    }
  }

  private _handTo({ target, mode }: Successor<Chain>): Chain | undefined {
    if (target === undefined) return undefined;
    if (target._phase === UNFIRED) {
      target._begin(mode === "copy" ? this._result : this._handOut());
      return target;
    }
    if (mode !== "hand over") return undefined; // Somebody else has fired it.
    if (target._canceller === SWALLOWS_NEXT) {
      target._canceller = undefined;
      this._handOut();
    } else {
      this._result = new Failure(target._alreadyCalled());
    }
    return undefined;
  }

  /** The result goes elsewhere, and with it the duty to handle a failure. */
  private _handOut(): Any {
    const result = this._result;
    this._result = undefined;
    if (this._liability) settle(this._liability);
    if (debug) (this._liability ??= new Liability()).handedOver = true;
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
  all.add(successor);
}
