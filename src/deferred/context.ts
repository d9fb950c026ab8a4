import { requireFunction } from "./check.ts";
import { Pair, type Link } from "./link.ts";

/**
 * Runs a function in the context that was current when it was made, as `AsyncLocalStorage.snapshot()` does.
 *
 * @example
 * const here: ContextRunner = AsyncLocalStorage.snapshot();
 */
export type ContextRunner = <R>(fn: () => R) => R;

/** Makes a runner for the current context; `undefined` if contexts are not kept. */
export let capture: (() => ContextRunner) | undefined;

/** Binds a link to the current context, if contexts are kept. */
export let inContext: ((link: Link | Pair) => Link | Pair) | undefined;

/**
 * Lets callbacks, errbacks and the generators of `inlineCallbacks` run in the context in which they were added or
 * called, no matter which code fires the Deferred. Without an argument, and at first, they run in the context of the code that fires
 * it, and contexts cost nothing. Applies to links added from now on.
 *
 * @param next makes a function that runs others in the current context
 * @returns the previous setting
 * @throws {TypeError} if it is given and is not a function
 * @example
 * import { AsyncLocalStorage } from "node:async_hooks";
 * captureContext(() => AsyncLocalStorage.snapshot());
 */
export function captureContext(next?: () => ContextRunner): (() => ContextRunner) | undefined {
  if (next !== undefined) requireFunction("captureContext", next);
  const previous = capture;
  capture = next;
  inContext = next && ((link) => bound(link, next()));
  return previous;
}

function bound(link: Link | Pair, run: ContextRunner): Link | Pair {
  const bind = (fn: Link | undefined): Link | undefined => fn && ((result) => run(() => fn(result)));
  return typeof link === "function" ? bind(link)! : new Pair(bind(link.callback), bind(link.errback));
}
