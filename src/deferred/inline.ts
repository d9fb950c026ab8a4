import {
  adapt,
  begin,
  Chain,
  cycleOf,
  goIdle,
  handOut,
  markWaitedFor,
  queue,
  refuseToFire,
  run,
} from "./chain.ts";
import { requireFunction, requireKind } from "./check.ts";
import { capture, type ContextRunner } from "./context.ts";
import { Deferred } from "./deferred.ts";
import type { Outcome, ValueAfter } from "./outcome.ts";
import { Failure } from "./failure.ts";
import type { Receiver } from "./link.ts";
import { IDLE } from "./phase.ts";
import { debug } from "./debug.ts";
import { report } from "./unhandled.ts";
import { stepping } from "./yielded.ts";

/**
 * Turns a generator function into a function that returns a Deferred. In the generator, `yield` waits: for the value of a
 * Deferred (or Promise, or another generator); its failure is thrown at the `yield`. Any other value is returned at once.
 * Cancelling the Deferred cancels what the generator waits for.
 *
 * TypeScript gives every `yield` of a generator one type, here `any`; `yield*` has the type of the Deferred's value.
 *
 * @throws {TypeError} if `fn` is not a function; from the function it returns, if `fn` does not return a generator
 * @example
 * const fetchBoth = inlineCallbacks(function* (port: number) {
 *   const first = yield* fetchPoem(port);
 *   const second = yield* fetchPoem(port + 1);
 *   return first + second;
 * });
 */
export function inlineCallbacks<A extends unknown[], R, This = void>(
  fn: (this: This, ...args: A) => Generator<unknown, Outcome<R>>,
): (this: This, ...args: A) => Deferred<ValueAfter<R>> {
  requireFunction("inlineCallbacks", fn);
  return function startGenerator(this: This, ...args: A): Deferred<ValueAfter<R>> {
    const generator: unknown = fn.apply(this, args);
    requireKind(isGenerator(generator), "inlineCallbacks", generator, "a generator");
    const end = new Deferred<ValueAfter<R>>();
    run(new Run(generator as Generator, end, capture?.())._resume(undefined));
    return end;
  };
}

/** What fires as a generator ends, for those that yielded another generator or were yielded. */
const ends = new WeakMap<Generator, Chain>();

/** A running generator; `end` fires with what it returns or throws. */
class Run implements Receiver<Chain> {
  declare _source: Chain | undefined;

  /** @param _generator `undefined` once it has ended */
  constructor(
    private _generator: Generator | undefined,
    private readonly end: Chain,
    private readonly _inContext: ContextRunner | undefined,
  ) {
    end._result = this; // Nobody else fires it.
  }

  _receive(chain: Chain): Chain | undefined {
    return this._resume(handOut(chain));
  }

  _resume(result: unknown): Chain | undefined {
    this._source = undefined;
    return this._inContext ? this._inContext(() => this._steps(result)) : this._steps(result);
  }

  /**
   * Runs from `yield` to `yield` until it has to wait, or ends; returns the chain that must run then. A loop, so that many
   * fired Deferreds need no stack.
   */
  private _steps(first: unknown): Chain | undefined {
    let each: Run = this;
    for (let result = first; ;) {
      if (each._generator === undefined) return each._endWith(result);
      const { value, done } = next(each._generator, result);
      let awaited: unknown = value;
      if (done) each._generator = undefined;
      else if (isGenerator(value)) {
        ends.set(each._generator, each.end);
        awaited = ends.get(value);
        if (!awaited) {
          each = each._nested(value);
          result = undefined;
          continue;
        }
      }
      awaited = adapt(awaited);
      if (!(awaited instanceof Chain)) result = awaited;
      else {
        debug?._used(awaited, "generator");
        if (awaited._state === IDLE) result = handOut(awaited);
        else {
          const cycle = cycleOf(awaited, each.end);
          if (cycle === undefined) return each._waitFor(awaited);
          result = cycle;
        }
      }
    }
  }

  /** A run of a generator that this one yielded, and waits for. */
  private _nested(generator: Generator): Run {
    const nested = new Run(generator, new Chain(), this._inContext);
    ends.set(generator, nested.end);
    this._waitFor(nested.end);
    return nested;
  }

  /** Fires its Deferred, unless somebody else has; returns that if it must run. */
  private _endWith(result: unknown): Chain | undefined {
    const { end } = this;
    if (!end.called) {
      begin(end, result);
      if (end._links !== undefined) return end;
      goIdle(end);
      return undefined;
    }
    const error = refuseToFire(end);
    if (error) report(new Failure(error), end._pendingReport);
    return undefined;
  }

  private _waitFor(awaited: Chain): undefined {
    this._source = awaited;
    markWaitedFor(awaited);
    queue(awaited, this);
  }
}

/** Continues a generator to its next `yield`, or to its end; an error that it throws becomes a Failure. */
function next(generator: Generator, result: unknown): { value?: unknown; done?: boolean } {
  const before = stepping.now;
  stepping.now = true;
  try {
    return result instanceof Failure ? generator.throw(result.value) : generator.next(result);
  } catch (error) {
    return { value: failureOf(error, result), done: true };
  } finally {
    stepping.now = before;
  }
}

/** The Failure that was thrown in, if its error came out again: its identity is kept. */
function failureOf(error: unknown, thrownIn: unknown): unknown {
  const failures = [thrownIn, stepping._thrown];
  stepping._thrown = undefined;
  return failures.find((each) => each instanceof Failure && each.value === error) ?? Failure.of(error);
}

/** Whether `value` is a generator, also of another realm. */
function isGenerator(value: unknown): value is Generator {
  try {
    return (value as Partial<Generator> | null | undefined)?.[Symbol.toStringTag] === "Generator";
  } catch {
    return false; // It throws when asked what it is.
  }
}
