import type { Chain } from "./chain.ts";
import type { Deferred } from "./deferred.ts";

// A chain changes the type of its value at every link: inside, there is no telling which one it is just now.
// oxlint-disable-next-line typescript/no-explicit-any
export type Any = any;

/** A callback or errback: takes the result so far, returns the next one. */
export type Link = (result: Any) => unknown;

/** A callback and an errback side by side. A callback alone needs no Pair: it stands in the chain as it is. */
export class Pair {
  constructor(
    readonly callback: Link | undefined,
    readonly errback: Link | undefined,
  ) {}
}

/** A place in a chain where its result is due in another one. */
export class Successor {
  constructor(
    readonly target: Chain,
    readonly gets:
      /** The result `target` waits for: a callback of it returned this Deferred. */
      | "awaited"
      /** What fires it (`chainDeferred`). */
      | "fired"
      /** What fires it, while this one keeps the result (`fork`). */
      | "copied",
  ) {}
}

/** Asked to bring the operation to an end; it may fire the Deferred itself. */
export type Canceller = (deferred: Deferred<Any>) => unknown;

/** What a canceller returns that has only passed the request on: the Deferred fires when its source has an answer. */
export const STILL_WAITING = Symbol("still waiting");

/** `fn` as a link: `args`, without the first `skip`, follow the result. */
export function bind(
  fn: (result: Any, ...args: Any[]) => unknown,
  args: ArrayLike<unknown> | null | undefined,
  skip = 0,
): Link {
  if (!args || args.length <= skip) return fn;
  const rest = Array.from(args).slice(skip);
  return (result) => fn(result, ...rest);
}
