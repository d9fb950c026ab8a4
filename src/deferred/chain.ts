import { PASSED_ON, SWALLOWS_NEXT, type CancelHook } from "./canceller.ts";
import { inContext } from "./context.ts";
import { COPY, foreignError, MARK } from "./copies.ts";
import { debug } from "./debug.ts";
import { describe } from "./describe.ts";
import { AlreadyCalledError, CancelledError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { COPY_TO, HAND_OVER, outcomeOf, Pair, sideOf, Successor, type Any } from "./link.ts";
import type { Link, Receiver, Step } from "./link.ts";
import { IDLE, PAUSE, pausesOf, PHASE_BITS, phaseOf, RUNNING, UNFIRED, WAITING } from "./phase.ts";
import { isThenable } from "./thenable.ts";
import { notePending, PendingReport, originOf, report, settle } from "./unhandled.ts";

/** How many used slots may pile up at the head of `_links` before the array is compacted. */
const TAKEN_LINKS_KEPT = 64;

/** The links still to run, and how many of them are dropped successors. */
type Links = (Step<Chain> | undefined)[] & { _dropped?: number };

/**
 * The machinery of a Deferred, which knows no types: a result, the links it goes down, and what holds it up. Its internals
 * are functions, here and in the files that import them, so that a bundle contains only those that are used.
 *
 * Every field costs every Deferred 8 bytes, and memory bounds its speed: so there are few, and some have two uses. They
 * are no `#private` ones, and assigned in the constructor, because V8 takes up to twice as long for those (decision 0101).
 */
export class Chain {
  /** Keeps TypeScript from accepting other objects with the same methods. */
  declare private readonly _isChain: true;
  /**
   * The phase, plus a PAUSE for each `pause()`; it is changed by adding differences.
   *
   * @internal
   */
  declare _state: number;
  /**
   * While it waits: the chain it waits for. Before it has fired: the first Successor or Receiver that will fire it, if any.
   *
   * @internal
   */
  declare _result: Any;
  /** @internal */
  declare _links: Links | undefined;
  /**
   * The index of the next link in `_links`.
   *
   * @internal
   */
  declare _next: number;
  /**
   * How many links ran before those in `_links`.
   *
   * @internal
   */
  declare _ran: number;
  /** @internal */
  declare _hasWaiters: boolean;
  /** @internal */
  declare _canceller: CancelHook | undefined;
  /** @internal */
  declare _pendingReport: PendingReport | undefined;

  /** @param canceller is called by `cancel()` on a Deferred that has not fired */
  constructor(canceller?: CancelHook) {
    this._state = UNFIRED;
    this._result = undefined;
    this._links = undefined;
    this._next = 0;
    this._ran = 0;
    this._hasWaiters = false;
    this._canceller = canceller;
    this._pendingReport = undefined;
    debug?._happened(this, "Created");
  }

  /** Whether it has been fired. */
  get called(): boolean {
    return phaseOf(this) !== UNFIRED;
  }

  /** How many things hold the chain up: `pause()` calls, plus one if it waits for a Deferred. */
  get paused(): number {
    return pausesOf(this) + (phaseOf(this) === WAITING ? 1 : 0);
  }

  /**
   * The result so far: a value, a Failure, the Deferred it waits for (for a Promise: one that stands for it);
   * `undefined` if it has not fired.
   */
  get result(): unknown {
    return this.called ? this._result : undefined;
  }

  /** Holds the chain until `unpause()` has been called as many times; it can still be fired, and links can be added. */
  pause(): void {
    this._state += PAUSE;
  }

  /**
   * Takes back one `pause()`. With the last one, the chain goes on.
   *
   * @throws {Error} if it is not paused
   */
  unpause(): void {
    if (!pausesOf(this)) throw new Error("Cannot unpause what is not paused");
    this._state -= PAUSE;
    if (this._state === IDLE) run(this);
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
      const phase = phaseOf(next);
      if (phase === WAITING) next = next._result;
      else if (phase !== UNFIRED) return;
      else if (next._result && !(next._result instanceof Successor)) next = next._result._source;
      else return cancelUnfired(next, reason);
    }
  }

  /** In one line: what it is doing, how many links have run and are left, what it holds or waits for. */
  describe(): string {
    const chains: string[] = [];
    for (let chain: unknown = this; chain instanceof Chain && chains.length < 5;) {
      chains.push(describe(chain));
      chain = chain.called ? chain._result : chain._result?._source;
    }
    return chains.join(" waiting for ");
  }

  /**
   * Fires it with a value or a Failure. A method, because JavaScriptCore inlines these two better than functions.
   *
   * @internal
   */
  _fire(result: Any): void {
    if ((this._state & PHASE_BITS) === UNFIRED) {
      begin(this, result);
      if (this._links === undefined) goIdle(this);
      else run(this);
    } else {
      const error = refuseToFire(this);
      if (error) throw error;
    }
  }

  /**
   * Adds a link, and runs it if it can.
   *
   * @internal
   */
  _add(given: Link | Pair): void {
    debug?._used(this, "link");
    const link = inContext ? inContext(given) : given;
    if (this._state !== IDLE) return queue(this, link);
    const side = sideOf(link, this._result);
    this._ran++;
    if (side === undefined) return;
    this._state = RUNNING;
    // Not through outcomeOf(): this is the hottest path, and the compiler inlines only so deep.
    try {
      this._result = side(this._result);
    } catch (error) {
      this._result = Failure.of(error);
    }
    if (typeof this._result === "object" && this._result !== null && !adopt(this, this._result)) return;
    if (this._links === undefined) goIdle(this);
    else run(this);
  }

  /** @internal */
  get [MARK](): object {
    return COPY;
  }
}

export function queue(chain: Chain, link: Step<Chain>): void {
  if (chain._next > TAKEN_LINKS_KEPT && chain._next * 2 > chain._links!.length) compact(chain);
  const links = chain._links;
  if (links === undefined) chain._links = [link];
  else links.push(link);
}

/** Removes the used slots at the head of `_links`, and the dropped successors. */
function compact(chain: Chain): void {
  const left = chain
    ._links!.slice(chain._next)
    .filter((link) => !(link instanceof Successor) || link._target);
  takeLinks(chain, left.length ? left : undefined);
}

/** The links so far have run; `left` are those still to run. */
function takeLinks(chain: Chain, left: Links | undefined): void {
  chain._links = left;
  chain._ran += chain._next;
  chain._next = 0;
}

/** Marks the chain as fired; drops the canceller and what it refers to. */
export function begin(chain: Chain, result: Any): void {
  chain._state += RUNNING - UNFIRED;
  chain._result = result;
  chain._canceller = undefined;
  debug?._happened(chain, "First fired");
}

function cancelUnfired(chain: Chain, reason: unknown): void {
  const canceller = chain._canceller;
  const failure = new Failure(
    new CancelledError(undefined, reason === undefined ? reason : { cause: reason }),
  );
  let answer: unknown;
  chain._canceller = PASSED_ON;
  try {
    answer = canceller?.(chain as never, reason);
  } catch (error) {
    report(Failure.of(error), chain._pendingReport);
  }
  if (chain.called) return;
  if (answer === PASSED_ON) chain._canceller = canceller;
  else {
    begin(chain, failure);
    if (canceller === undefined) chain._canceller = SWALLOWS_NEXT;
    run(chain);
  }
}

/** The error for who fires a chain again; none, if that was to be swallowed. */
export function refuseToFire(chain: Chain): AlreadyCalledError | undefined {
  if (chain._canceller !== SWALLOWS_NEXT)
    return new AlreadyCalledError(`Cannot fire ${chain.describe()} again${originOf(chain._pendingReport)}`);
  chain._canceller = undefined;
  return undefined;
}

/** Runs `first` and every chain that a result is handed to, the latter first. */
export function run(first: Chain | undefined): void {
  let unfinished: Chain[] | undefined;
  let chain = first;
  while (chain) {
    const target: Chain | undefined = runLinks(chain);
    if (target && phaseOf(chain) === RUNNING) (unfinished ??= []).push(chain);
    chain = target ?? unfinished?.pop();
  }
}

/** Runs its links until none is left or something holds it up; returns the chain it handed its result to, if it did. */
function runLinks(chain: Chain): Chain | undefined {
  chain._state += RUNNING - (chain._state & PHASE_BITS);
  while (chain._links !== undefined && chain._state === RUNNING) {
    const links = chain._links;
    const link = links[chain._next]!;
    links[chain._next++] = undefined;
    if (chain._next === links.length) takeLinks(chain, undefined);
    if (typeof link === "function") {
      // Not through sideOf(): if callbacks differ, this is twice as fast.
      if (chain._result instanceof Failure) continue;
      chain._result = outcomeOf(link, chain._result);
    } else if (link instanceof Pair) {
      const side = sideOf(link, chain._result);
      if (side === undefined) continue;
      chain._result = outcomeOf(side, chain._result);
    } else {
      const target = handOver(chain, link);
      if (target === undefined) continue;
      if (chain._links === undefined) goIdle(chain);
      return target;
    }
    if (typeof chain._result === "object" && chain._result !== null && !adopt(chain, chain._result))
      return undefined;
  }
  goIdle(chain);
  return undefined;
}

/** The chain has run; a remaining failure has to be handled by somebody. */
export function goIdle(chain: Chain): void {
  chain._state += IDLE - RUNNING;
  if (chain._result instanceof Failure) {
    chain._pendingReport ??= new PendingReport();
    notePending(chain, chain._pendingReport, chain._result);
  } else if (chain._pendingReport) settle(chain._pendingReport);
}

/** Takes the result of a Deferred or Promise that a link returned, or waits for it (false). */
function adopt(chain: Chain, result: object): boolean {
  const adapted = adapt(result);
  if (adapted instanceof Chain) return adoptChain(chain, adapted);
  chain._result = adapted;
  return true;
}

/** `value`; but a Chain for a Promise, and a failure for what another copy of this package made. */
export function adapt(value: unknown): unknown {
  if (typeof value !== "object" || value instanceof Chain || value instanceof Failure) return value;
  const own = ownOrFailure(value);
  return isThenable(own) ? follow(own, new Chain()) : own;
}

function adoptChain(chain: Chain, inner: Chain): boolean {
  const cycle = cycleOf(inner, chain);
  debug?._used(inner, "callback");
  if (cycle || inner._state === IDLE) {
    chain._result = cycle ?? handOut(inner);
    return true;
  }
  chain._state += WAITING - RUNNING;
  chain._result = inner;
  if (chain._pendingReport) {
    settle(chain._pendingReport);
    chain._pendingReport._handedOver = false; // It gets another result, if only `undefined`.
  }
  markWaitedFor(inner);
  queue(inner, chain);
  return false;
}

/** Lets `follower` fire as `promise` settles. A Promise cannot be cancelled: after a cancel its outcome is swallowed. */
export function follow<C extends Chain>(promise: PromiseLike<unknown>, follower: C): C {
  // Not its own then(), which may throw, call back twice, or resolve to another thenable if it is not a Promise.
  Promise.resolve(promise).then(
    (value) => follower._fire(ownOrFailure(value)),
    (error: unknown) => follower._fire(Failure.of(error)),
  );
  return follower;
}

/** `value`, unless another copy of this package made it: then a failure that says so. */
export function ownOrFailure(value: unknown): unknown {
  const foreign = foreignError(value);
  return foreign ? new Failure(foreign) : value;
}

/** A failure, if `chain` waits for `other`. */
export function cycleOf(chain: Chain, other: Chain): Failure | undefined {
  let length = 0;
  for (let each: Chain | undefined = chain; each; each = sourceOf(each)) {
    length++;
    if (each === other) {
      const cycle = `A Deferred waits for itself, a cycle of ${length}`;
      return new Failure(new TypeError(`${cycle}: ${chain.describe()}`));
    }
    // A Deferred with waiters has marked everything before it, so the walk can stop here.
    if (each._hasWaiters && !other._hasWaiters) return undefined;
  }
  return undefined;
}

/** Marks it, and every Deferred it depends on, as having waiters. */
export function markWaitedFor(chain: Chain): void {
  for (let each: Chain | undefined = chain; each && !each._hasWaiters; each = sourceOf(each))
    each._hasWaiters = true;
}

/** The source of its result: the Deferred it waits for, or the only one that may fire it. */
function sourceOf(chain: Chain): Chain | undefined {
  const phase = phaseOf(chain);
  if (phase === WAITING) return chain._result;
  const isExclusive = phase === UNFIRED && chain._result?._mode !== HAND_OVER;
  return isExclusive ? chain._result?._source : undefined;
}

/** Returns the chain that has the result now and must run. */
function handOver(chain: Chain, link: Successor<Chain> | Receiver<Chain> | Chain): Chain | undefined {
  if (link instanceof Chain) {
    link._state += RUNNING - WAITING;
    link._result = handOut(chain);
    return link;
  }
  if (!(link instanceof Successor)) return link._receive(chain);
  const { _target: target, _mode: mode } = link;
  if (target === undefined) return undefined;
  if (phaseOf(target) === UNFIRED) {
    begin(target, mode === COPY_TO ? chain._result : handOut(chain));
    return target;
  }
  if (mode !== HAND_OVER) return undefined; // Somebody else has fired it.
  const error = refuseToFire(target);
  if (error) chain._result = new Failure(error);
  else handOut(chain);
  return undefined;
}

/** The result goes elsewhere, and with it the duty to handle a failure. */
export function handOut(chain: Chain): Any {
  const result = chain._result;
  chain._result = undefined;
  if (chain._pendingReport) settle(chain._pendingReport);
  if (debug) (chain._pendingReport ??= new PendingReport())._handedOver = true;
  return result;
}

/** Adds a place where the result fires another one. */
export function addSuccessor(chain: Chain, successor: Successor<Chain>): void {
  debug?._used(chain, "fork");
  const target = successor._target!;
  if (phaseOf(target) === UNFIRED && target._result === undefined) {
    target._result = successor;
    if (target._hasWaiters && successor._mode !== HAND_OVER) markWaitedFor(chain);
  }
  queue(chain, successor);
  if (chain._state === IDLE) run(chain);
}

/** Forgets a successor whose target was cancelled: this chain may live long, and have many. */
export function dropSuccessor(chain: Chain, successor: Successor<Chain>): void {
  successor._target = undefined;
  const links = chain._links;
  if (links === undefined) return;
  links._dropped = (links._dropped ?? 0) + 1;
  if (links._dropped * 2 > links.length) compact(chain);
}
