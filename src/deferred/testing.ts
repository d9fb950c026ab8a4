/** For tests of code that uses Deferreds: results are there when a call returns, so nothing is awaited. */
import type { Deferred } from "./deferred.ts";
import { Failure, type ErrorClass } from "./failure.ts";
import { show } from "./describe.ts";

export { ManualClock } from "../time/manual-clock.ts";

/**
 * The value that `deferred` has now; it stays there.
 *
 * @throws {Error} if it has not fired, waits, or is paused
 * @throws the error that it failed with, which counts as handled then
 * @example
 * expect(valueOf(cache.get("ecstasy"))).toBe(poem);
 */
export function valueOf<T>(deferred: Deferred<T>): T {
  requireResult(deferred);
  const { result } = deferred;
  if (!(result instanceof Failure)) return result as T;
  handle(deferred);
  return result.throwException();
}

/**
 * The error that `deferred` has failed with, as `Failure.find` finds it; it counts as handled then.
 *
 * @param errorClass the class it must be of; default: any
 * @throws {Error} if it has not fired, waits, is paused, or has a value
 * @throws the error itself, if it is of another class
 * @example
 * expect(failureOf(fetchPoem(), FetchError).reason).toBe("refused");
 */
export function failureOf<E = unknown>(deferred: Deferred, errorClass?: ErrorClass<E>): E {
  requireResult(deferred);
  const { result } = deferred;
  if (!(result instanceof Failure))
    throw new Error(`Expected a failure, but the Deferred has a value: ${show(result)}`);
  handle(deferred);
  return errorClass ? result.as(errorClass) : (result.value as E);
}

/**
 * Checks that `deferred` has no result yet: it has not fired, waits, or is paused.
 *
 * @returns `deferred`
 * @throws {Error} if it has
 * @example
 * const poem = unfired(fetchPoem());
 * server.answer("I have drunk ale");
 * expect(valueOf(poem)).toContain("ale");
 */
export function unfired<T>(deferred: Deferred<T>): Deferred<T> {
  if (hasResult(deferred)) throw new Error(`Expected no result yet, but there is: ${deferred.describe()}`);
  return deferred;
}

function hasResult(deferred: Deferred): boolean {
  return deferred.called && deferred.paused === 0;
}

function requireResult(deferred: Deferred): void {
  if (!hasResult(deferred))
    throw new Error(`Expected a result, but there is none yet: ${deferred.describe()}`);
}

function handle(deferred: Deferred): void {
  deferred.addErrback(() => {});
}
