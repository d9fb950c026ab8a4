import { fromPromise } from "./adapt.ts";
import { PassedOn } from "./canceller.ts";
import { requireFunction } from "./check.ts";
import { Deferred, isThenable, type Outcome, type ValueAfter } from "./deferred.ts";
import { Failure } from "./failure.ts";
import { Successor } from "./link.ts";

/**
 * Makes a function that returns a Deferred out of a generator function in which `yield` waits: for the value of a
 * Deferred (or Promise, or another generator); its failure is thrown at the `yield`. Anything else comes back at once.
 * Cancelling the Deferred cancels what the generator waits for.
 *
 * TypeScript gives every `yield` of a generator one type, here `any`; `yield*` has the type of the Deferred's value.
 *
 * @throws {TypeError} if `fn` is not a function; from the function it makes, if `fn` returns no generator
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
    const steps: unknown = fn.apply(this, args);
    if (!isGenerator(steps))
      throw new TypeError("inlineCallbacks needs a generator function: the function returned no generator");
    return runGenerator(steps) as Deferred<ValueAfter<R>>;
  };
}

/** Fires when the generator ends, with what it returns or throws. */
function runGenerator(outermost: Generator): Deferred {
  const done = new Deferred(() => new PassedOn(work));
  // Each step is a link of its own, so that the loop of the chain does the waiting: many steps need no more stack.
  const work = new Deferred();
  const successor = new Successor(work, done, "hand over", true);
  work.announce(successor);
  /** The generator that runs, behind those that wait for it to end. */
  const running = [outermost];
  const waiting = new Set(running);
  work.callback(undefined);
  work.addBoth(step);
  return done;

  function step(result: unknown): unknown {
    for (let next = result; ;) {
      const { value, ended } = resume(running.at(-1)!, next);
      if (ended) waiting.delete(running.pop()!);
      if (running.length === 0) return end(value);
      const awaited = ended && !(value instanceof Deferred) ? undefined : toDeferred(value);
      if (awaited) {
        work.addBoth(step);
        return awaited;
      }
      next = !ended && isGenerator(value) ? call(value) : value;
    }
  }

  /** Puts a generator that was yielded on top; returns what is to be sent into the one on top. */
  function call(generator: Generator): Failure | undefined {
    if (waiting.has(generator))
      return new Failure(new TypeError("A generator yielded one that waits for it"));
    running.push(generator);
    waiting.add(generator);
    return undefined;
  }

  function end(outcome: unknown): unknown {
    work.addSuccessor(successor);
    return outcome;
  }
}

/** Goes on to the next `yield` of a generator, or to its end; an error that it throws is a Failure. */
function resume(generator: Generator, result: unknown): { value: unknown; ended: boolean } {
  try {
    const turn = result instanceof Failure ? generator.throw(result.value) : generator.next(result);
    return { value: turn.value, ended: turn.done === true };
  } catch (error) {
    const passedThrough = result instanceof Failure && result.value === error;
    return { value: passedThrough ? result : Failure.of(error), ended: true };
  }
}

function toDeferred(value: unknown): Deferred | undefined {
  if (value instanceof Deferred) return value;
  return isThenable(value) ? fromPromise(value) : undefined;
}

function isGenerator(value: unknown): value is Generator {
  try {
    return Object.prototype.toString.call(value) === "[object Generator]";
  } catch {
    return false; // It throws when asked what it is.
  }
}
