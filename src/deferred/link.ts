import { Failure, type ErrorClass } from "./failure.ts";

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

/**
 * How a result fires another Deferred: "hand over" gives it away, whatever becomes of it (`chainDeferred`), and others may
 * fire the target as well; "copy" keeps it (`fork`); "offer" gives it away unless the target was cancelled (`shield`).
 */
export type SuccessorMode = "hand over" | "copy" | "offer";

/** A place in a chain where its result fires another one. */
export class Successor<C> {
  /** The one to fire, unless that was cancelled. */
  target: C | undefined;
  /** @param source the chain it stands in */
  constructor(
    readonly source: C,
    target: C,
    readonly mode: SuccessorMode,
  ) {
    this.target = target;
  }
}

/** What else may take results of a chain: a generator that waits at a `yield`, or a list. */
export abstract class Receiver<C> {
  /** The chain that it waits for, if it alone is to fire another one. */
  declare source: C | undefined;
  /** As that of a Successor: nobody else is to fire its Deferred. */
  declare readonly mode: undefined;

  /** Takes or sees the result of `chain`; returns another chain that has its own result now and is to run, if there is one. */
  abstract receive(chain: C): C | undefined;
}

/** What may stand in a chain. Another chain `C`: a callback of that returned this one, and it waits for the result here. */
export type Step<C> = Link | Pair | Successor<C> | Receiver<C> | C;

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

/** The side of `link` that `result` is for. */
export function sideOf(link: Link | Pair, result: unknown): Link | undefined {
  if (typeof link === "function") return result instanceof Failure ? undefined : link;
  return result instanceof Failure ? link.errback : link.callback;
}

/** What `side` makes of `result`: a throw is a failure. */
export function outcomeOf(side: Link, result: unknown): unknown {
  try {
    return side(result);
  } catch (error) {
    return Failure.of(error);
  }
}

/** An errback for errors of one class: others pass it by. */
export function only(errorClass: ErrorClass, errback: Link): Link {
  return (failure: Failure) => {
    const error = failure.find(errorClass);
    return error === undefined ? failure : errback(error);
  };
}

/** Whether `fn` is a class, and not a function that could be an errback. */
export function isClass(fn: Any): fn is ErrorClass {
  return (
    fn.prototype instanceof Error || Object.getOwnPropertyDescriptor(fn, "prototype")?.writable === false
  );
}
