import { Failure, type ErrorClass } from "./failure.ts";

// The type of the value changes at every link: inside a chain, it is unknown.
// oxlint-disable-next-line typescript/no-explicit-any
export type Any = any;

/** A callback or errback: takes the result so far, returns the next one. */
export type Link = (result: Any) => unknown;

/** A callback and an errback side by side. A callback alone is stored in the chain as it is. */
export class Pair {
  constructor(
    readonly callback: Link | undefined,
    readonly errback: Link | undefined,
  ) {}
}

// How a result fires another Deferred.

/** Gives it away in any case (`chainDeferred`); others may fire the target as well. */
export const HAND_OVER = 0;
/** Keeps it (`fork`). */
export const COPY_TO = 1;
/** Gives it away unless the target was cancelled (`shield`). */
export const OFFER = 2;

export type SuccessorMode = typeof HAND_OVER | typeof COPY_TO | typeof OFFER;

/** A place in a chain where its result fires another one. */
export class Successor<C> {
  /**
   * @param _source the chain it stands in
   * @param _target the one to fire, unless that was cancelled
   */
  constructor(
    readonly _source: C,
    public _target: C | undefined,
    readonly _mode: SuccessorMode,
  ) {}
}

/** Something else that takes results of a chain: a generator that waits at a `yield`, or a list. */
export interface Receiver<C> {
  /** The chain that it waits for, if it alone is to fire another one. */
  readonly _source?: C | undefined;
  /** As in a Successor: nobody else may fire its Deferred. */
  readonly _mode?: undefined;

  /** Takes or sees the result of `chain`; returns another chain that has a result now and must run, if there is one. */
  _receive(chain: C): C | undefined;
}

/** An item in a chain. Another chain `C`: one of its callbacks returned this chain, and it waits for the result here. */
export type Step<C> = Link | Pair | Successor<C> | Receiver<C> | C;

/** `fn` as a link: called with the result, then `args` without the first `skip`. */
export function bind(
  fn: (result: Any, ...args: Any[]) => unknown,
  args: (ArrayLike<unknown> & Iterable<unknown>) | null | undefined,
  skip = 0,
): Link {
  if (!args || args.length <= skip) return fn;
  const rest = [...args].slice(skip);
  return (result) => fn(result, ...rest);
}

/** The side of `link` that `result` is for. */
export function sideOf(link: Link | Pair, result: unknown): Link | undefined {
  if (typeof link === "function") return result instanceof Failure ? undefined : link;
  return result instanceof Failure ? link.errback : link.callback;
}

/** The outcome of `side(result)`: a throw becomes a failure. */
export function outcomeOf(side: Link, result: unknown): unknown {
  try {
    return side(result);
  } catch (error) {
    return Failure.of(error);
  }
}

/** An errback for errors of one class; others skip it. */
export function only(errorClass: ErrorClass, errback: Link): Link {
  return (failure: Failure) => {
    const error = failure.find(errorClass);
    return error ? errback(error) : failure;
  };
}

/** Whether `fn` is a class, and not a function that could be an errback. */
export function isClass(fn: Any): fn is ErrorClass {
  return (
    fn.prototype instanceof Error || Object.getOwnPropertyDescriptor(fn, "prototype")?.writable === false
  );
}
