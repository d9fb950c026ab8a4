import { SWALLOWS_NEXT } from "./canceller.ts";
import {
  alreadyCalled,
  begin,
  cycleOf,
  goIdle,
  handOut,
  markWaitedFor,
  ownOrFailure,
  queue,
  run,
  type Chain,
} from "./chain.ts";
import { requireFunction } from "./check.ts";
import { capture, type ContextRunner } from "./context.ts";
import { Deferred } from "./deferred.ts";
import type { Outcome, ValueAfter } from "./outcome.ts";
import { Failure } from "./failure.ts";
import { Receiver } from "./link.ts";
import { IDLE } from "./phase.ts";
import { debug } from "./debug.ts";
import { isThenable } from "./thenable.ts";
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
  const isCertain = isGeneratorFunction(fn);
  return function startGenerator(this: This, ...args: A): Deferred<ValueAfter<R>> {
    const generator: unknown = fn.apply(this, args);
    if (!isCertain && !isGenerator(generator))
      throw new TypeError("inlineCallbacks needs a generator function: the function returned no generator");
    const end = new Deferred<ValueAfter<R>>();
    const resumed = new Run(generator as Generator, end, capture?.()).resume(undefined);
    if (resumed) run(resumed);
    return end;
  };
}

/** A running generator; `end` fires with what it returns or throws. */
class Run extends Receiver<Chain> {
  /** The generators that yielded this one, innermost last; also as a Set, to find a cycle. */
  private callers: Generator[] | undefined = undefined;
  private calling: Set<Generator> | undefined = undefined;

  /** @param generator the one that runs; `undefined` once the outermost has ended */
  constructor(
    private generator: Generator | undefined,
    private readonly end: Chain,
    private readonly inContext: ContextRunner | undefined,
  ) {
    super();
    end._result = this; // Nobody else fires it.
  }

  receive(chain: Chain): Chain | undefined {
    return this.resume(handOut(chain));
  }

  resume(result: unknown): Chain | undefined {
    this.source = undefined;
    return this.inContext ? this.inContext(() => this.steps(result)) : this.steps(result);
  }

  /** Runs from `yield` to `yield` until it has to wait, or ends. A loop, so that many fired Deferreds need no stack. */
  private steps(first: unknown): Chain | undefined {
    for (let result = first; ;) {
      if (this.generator === undefined) return endWith(this.end, result);
      const turn = next(this.generator, result);
      const ended = turn.done === true;
      let value: unknown = turn.value;
      if (ended) {
        this.calling?.delete(this.generator);
        this.generator = this.callers?.pop();
      }
      if (typeof value === "object" && value !== null && !(value instanceof Deferred)) {
        if (!ended && isGenerator(value)) {
          result = this.call(this.generator!, value);
          continue;
        }
        value = ownOrFailure(value);
        if (isThenable(value)) value = Deferred.fromPromise(value);
      }
      if (value instanceof Deferred) {
        debug?.used(value._liability, "yielded");
        if (value._state === IDLE) result = handOut(value);
        else {
          const cycle = cycleOf(value, this.end);
          if (cycle === undefined) return this.waitFor(value);
          result = cycle;
        }
      } else result = value;
    }
  }

  /** Puts a yielded generator on top; returns what to send into the one on top. */
  private call(caller: Generator, generator: Generator): Failure | undefined {
    this.callers ??= [];
    this.calling ??= new Set([caller]);
    if (this.calling.has(generator))
      return new Failure(new TypeError("A generator yielded one that waits for it"));
    this.callers.push(caller);
    this.calling.add(generator);
    this.generator = generator;
    return undefined;
  }

  private waitFor(awaited: Chain): undefined {
    this.source = awaited;
    markWaitedFor(awaited);
    queue(awaited, this);
  }
}

/** Fires `end`, unless somebody else has; returns it if it must run. */
function endWith(end: Chain, result: unknown): Chain | undefined {
  if (end.called) {
    if (end._canceller !== SWALLOWS_NEXT) report(new Failure(alreadyCalled(end)), end._liability);
    end._canceller = undefined;
    return undefined;
  }
  begin(end, result);
  if (end._links !== undefined) return end;
  goIdle(end);
  return undefined;
}

/** Continues a generator to its next `yield`, or to its end; an error that it throws becomes a Failure. */
function next(generator: Generator, result: unknown): { value: unknown; done?: boolean } {
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
function failureOf(error: unknown, thrownIn: unknown): Failure {
  const { thrown } = stepping;
  stepping.thrown = undefined;
  for (const each of [thrownIn, thrown]) if (each instanceof Failure && each.value === error) return each;
  return Failure.of(error);
}

const GENERATOR_FUNCTION = Object.getPrototypeOf(function* () {}) as { prototype: object };

/** Whether `fn` returns a generator, whatever it does. */
function isGeneratorFunction(fn: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(GENERATOR_FUNCTION, fn as object);
}

function isGenerator(value: unknown): value is Generator {
  if (typeof value !== "object" || value === null) return false;
  if (Object.prototype.isPrototypeOf.call(GENERATOR_FUNCTION.prototype, value)) return true;
  try {
    return Object.prototype.toString.call(value) === "[object Generator]"; // Of another realm.
  } catch {
    return false; // It throws when asked what it is.
  }
}
