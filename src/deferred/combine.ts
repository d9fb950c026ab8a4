import { PASSED_ON } from "./canceller.ts";
import { requireKind } from "./check.ts";
import { queue, run, type Chain } from "./chain.ts";
import { debug } from "./debug.ts";
import { Deferred } from "./deferred.ts";
import { Failure, FailureGroup, FirstError } from "./failure.ts";
import { IDLE } from "./phase.ts";
import type { Any, Receiver } from "./link.ts";

/**
 * The outcome of one Deferred in a list.
 *
 * @example
 * const failed = (outcome: ListedOutcome<string>): boolean => !outcome[0];
 */
export type ListedOutcome<T> = [ok: true, value: T] | [ok: false, failure: Failure];

/**
 * The type of value that a Deferred fires with.
 *
 * @example
 * type Poem = ValueOf<ReturnType<typeof fetchPoem>>;
 */
export type ValueOf<D> = D extends Deferred<infer T> ? T : never;

/**
 * When the list fires, and what happens to the members' errors.
 *
 * @example
 * const options: ListOptions = { fireOnOneErrback: true, consumeErrors: true };
 */
export interface ListOptions {
  /** Fire with `[value, index]` of the first success; fail with a FailureGroup if there is none. */
  fireOnOneCallback?: boolean;
  /** Fail with FirstError at the first failure. */
  fireOnOneErrback?: boolean;
  /** A member that failed goes on with `undefined` once the list has seen it. */
  consumeErrors?: boolean;
}

/**
 * What happens to the other members when one fails.
 *
 * @example
 * const options: GatherOptions = { cancelOthers: true };
 */
export interface GatherOptions {
  /** A member that failed goes on with `undefined` once it has been seen. */
  consumeErrors?: boolean;
  /** The first failure cancels the others. */
  cancelOthers?: boolean;
}

type Deferreds = readonly Deferred<Any>[] | [];

/** Several Deferreds: a single one can be iterated, too, for `yield*`, but is not a list. */
type Members<D> = Iterable<D> & { readonly then?: never };

/**
 * Waits for all of `ds` and fires with their outcomes in order; never fails, unless an option says so. The members
 * keep their results. Cancelling it cancels the members and waits for their outcomes.
 *
 * @example
 * deferredList([fetchPoem(1), fetchPoem(2)]).addCallback((outcomes) => outcomes.filter(([ok]) => ok).length);
 */
export function deferredList<D extends Deferred<Any>>(
  ds: Members<D>,
  options: ListOptions & { fireOnOneCallback: true },
): Deferred<[value: ValueOf<D>, index: number]>;
export function deferredList<D extends Deferreds>(
  ds: D,
  options?: ListOptions & { fireOnOneCallback?: false },
): Deferred<{ -readonly [K in keyof D]: ListedOutcome<ValueOf<D[K]>> }>;
export function deferredList<T>(
  ds: Members<Deferred<T>>,
  options?: ListOptions & { fireOnOneCallback?: false },
): Deferred<ListedOutcome<T>[]>;
export function deferredList<D extends Deferred<Any>>(
  ds: Members<D>,
  options: ListOptions,
): Deferred<[value: ValueOf<D>, index: number] | ListedOutcome<ValueOf<D>>[]>;
export function deferredList(ds: Iterable<Deferred<Any>>, options: ListOptions = {}): Deferred<Any> {
  return combine("deferredList", ds, {
    ...options,
    first: (value, index) => [value, index],
    all: (results) => results.map((result) => (result instanceof Failure ? [false, result] : [true, result])),
  });
}

/**
 * Waits for all of `ds` and fires with their values in order; fails with FirstError at the first failure.
 *
 * @example
 * gatherResults([connect(a), connect(b)], { cancelOthers: true }).addCallback(([left, right]) => pipe(left, right));
 */
export function gatherResults<D extends Deferreds>(
  ds: D,
  options?: GatherOptions,
): Deferred<{ -readonly [K in keyof D]: ValueOf<D[K]> }>;
export function gatherResults<T>(ds: Members<Deferred<T>>, options?: GatherOptions): Deferred<T[]>;
export function gatherResults(ds: Iterable<Deferred<Any>>, options?: GatherOptions): Deferred<Any> {
  return combine("gatherResults", ds, { ...options, fireOnOneErrback: true });
}

/**
 * Fires with `[index, value]` of the first success and cancels the others, whose outcomes are consumed; fails with a
 * FailureGroup when all have failed. Cancelling it cancels all.
 *
 * @example
 * race(mirrors.map((mirror) => fetchPoem(mirror))).addCallback(([index, poem]) => `${mirrors[index]}: ${poem}`);
 */
export function race<D extends Deferred<Any>>(ds: Members<D>): Deferred<[index: number, value: ValueOf<D>]> {
  return combine("race", ds, {
    fireOnOneCallback: true,
    first: (value, index) => [index, value],
    cancelOthers: true,
    consumeErrors: true,
    consumeValues: true,
  }) as Deferred<Any>;
}

/** What becomes of the results of several Deferreds. */
interface Rules extends ListOptions, GatherOptions {
  /** What the first value fires the list with. */
  first?(value: unknown, index: number): unknown;
  /** What all results fire it with, unless as they are. */
  all?(results: unknown[]): unknown;
  /** A member that has a value goes on with `undefined` as well. */
  consumeValues?: boolean;
}

/** A Deferred that waits for others, called a list here. */
function combine(action: string, ds: Iterable<Deferred<Any>>, rules: Rules): Deferred {
  const members = membersOf(action, ds);
  const results: unknown[] = members.slice(); // Of the right length; all are replaced.
  const list = new Deferred((_, reason) => {
    cancelAll(members, reason);
    return PASSED_ON;
  });
  let missing = members.length;
  let isDecided = false;

  function fire(result: unknown): void {
    if (!list.called) list.callback(result);
  }

  function decide(result: unknown): void {
    isDecided = true; // First, because the others see it when they are cancelled.
    if (rules.cancelOthers) cancelAll(members);
    fire(result);
  }

  function watch(result: unknown, index: number): unknown {
    const failed = result instanceof Failure;
    results[index] = result;
    missing--;
    if (!isDecided) {
      const decides = failed ? rules.fireOnOneErrback : rules.fireOnOneCallback;
      if (decides) decide(failed ? new Failure(new FirstError(result, index)) : rules.first!(result, index));
      else finish();
    }
    return (failed ? rules.consumeErrors : rules.consumeValues) ? undefined : result;
  }

  function finish(): void {
    if (missing) return;
    fire(
      rules.fireOnOneCallback
        ? new Failure(new FailureGroup(results as Failure[]))
        : (rules.all?.(results) ?? results),
    );
  }

  finish();
  members.forEach((member, index) => {
    debug?._used(member, "list");
    queue(member, new Member(watch, index));
    if (member._state === IDLE) run(member);
  });
  return list;
}

/** @throws {TypeError} before any of them is touched, if one is not a Deferred, or `ds` is not a list of them */
function membersOf(action: string, ds: Iterable<Deferred<Any>> | undefined): Deferred<Any>[] {
  requireKind(typeof ds?.[Symbol.iterator] === "function", action, ds, "a list of Deferreds");
  const members = [...ds!];
  const wrong = members.findIndex((member) => !(member instanceof Deferred));
  requireKind(wrong < 0, action, members[wrong], `a Deferred (#${wrong} in the list)`);
  return members;
}

/** A member whose outcome is being looked at is not affected, because it is running. */
function cancelAll(members: readonly Deferred<Any>[], reason?: unknown): void {
  for (const member of members) member.cancel(reason);
}

/** The item in a member's chain through which a list sees its result: as small as it can be, because lists have thousands. */
class Member implements Receiver<Chain> {
  /** @param _watch sees the result, and returns the one that the member goes on with */
  constructor(
    private readonly _watch: (result: unknown, index: number) => unknown,
    private readonly _index: number,
  ) {}

  _receive(member: Chain): undefined {
    member._result = this._watch(member._result, this._index);
  }
}
