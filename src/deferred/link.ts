import { Failure } from "./failure.ts";
import { Row } from "./row.ts";

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
 * How a result fires another Deferred: "hand over" gives it away, whatever becomes of it (`chainDeferred`); "copy" keeps
 * it (`fork`); "offer" gives it away unless the other has been fired already (`shield`).
 */
export type SuccessorMode = "hand over" | "copy" | "offer";

/** A place in a chain where its result fires another one. */
export class Successor<C> {
  /** The one to fire, unless that was cancelled. */
  target: C | undefined;
  /** Where it stands among several, if it does not stand alone. */
  siblings: Successors<C> | undefined = undefined;

  /** @param source the chain it stands in */
  constructor(
    readonly source: C,
    target: C,
    readonly mode: SuccessorMode,
  ) {
    this.target = target;
  }

  /** Whether nobody else is to fire the target; `chainDeferred` may be given one that others fire. */
  get isExclusive(): boolean {
    return this.mode !== "hand over";
  }
}

/** Several one after the other: any of them can be dropped without a search, so that a source may outlive many. */
export class Successors<C> extends Row<Successor<C>> {}

/** Something other than a chain that takes a result and goes on with it: a generator that waits at a `yield`. */
export abstract class Resumable<C> {
  /** The chain that it waits for. */
  source: C | undefined = undefined;

  /** Whether nobody else is to fire its Deferred. */
  get isExclusive(): boolean {
    return true;
  }

  /** Goes on with `result`; returns the chain that has its own result now and is to run, if it ended. */
  abstract resume(result: unknown): C | undefined;
}

/** What sees each result of one member of a list, and returns what the member is to go on with. */
export type Watch = (result: unknown, index: number) => unknown;

/** The place in a member's chain where a list sees its result: no more than a list of thousands needs for each. */
export class Member {
  constructor(
    readonly watch: Watch,
    readonly index: number,
  ) {}
}

/** What may stand in a chain. Another chain `C`: a callback of that returned this one, and it waits for the result here. */
export type Step<C> = Link | Pair | Member | Successor<C> | Successors<C> | Resumable<C> | C;

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
