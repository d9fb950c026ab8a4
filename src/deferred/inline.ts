import { fail, fromPromise, isThenable } from "./adapt.ts";
import { PassedOn } from "./canceller.ts";
import { requireFunction } from "./check.ts";
import { Deferred, type Outcome, type ValueAfter } from "./deferred.ts";
import { Failure } from "./failure.ts";

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
function runGenerator(steps: Generator): Deferred {
  const done = new Deferred(() => new PassedOn(work));
  // Each step is a link of its own, so that the loop of the chain does the waiting: many steps need no more stack.
  const work = new Deferred();
  work.callback(undefined);
  work.addBoth(step);
  return done;

  function step(result: unknown): unknown {
    try {
      for (;;) {
        const turn = result instanceof Failure ? steps.throw(result.value) : steps.next(result);
        if (turn.done) return end(turn.value);
        const awaited = toDeferred(unlessOwn(turn.value));
        if (awaited) {
          work.addBoth(step);
          return awaited;
        }
        result = turn.value;
      }
    } catch (error) {
      return end(result instanceof Failure && result.value === error ? result : new Failure(error));
    }
  }

  function end(outcome: unknown): unknown {
    work.chainDeferred(done);
    return unlessOwn(outcome);
  }

  function unlessOwn(value: unknown): unknown {
    return value === done
      ? fail(new TypeError("A generator waits for its own Deferred, a cycle of 1"))
      : value;
  }
}

function toDeferred(yielded: unknown): Deferred | undefined {
  if (yielded instanceof Deferred) return yielded;
  if (isGenerator(yielded)) return runGenerator(yielded);
  return isThenable(yielded) ? fromPromise(yielded) : undefined;
}

function isGenerator(value: unknown): value is Generator {
  return Object.prototype.toString.call(value) === "[object Generator]";
}
