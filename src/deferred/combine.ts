import { PASSED_ON } from "./canceller.ts";
import { queue, run, type Chain } from "./chain.ts";
import { debug } from "./debug.ts";
import { Deferred, type Canceller } from "./deferred.ts";
import { show } from "./describe.ts";
import { Failure, FailureGroup, FirstError } from "./failure.ts";
import { IDLE } from "./phase.ts";
import { Receiver, type Any } from "./link.ts";

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
export function deferredList(
  ds: Iterable<Deferred<Any>>,
  { fireOnOneCallback = false, fireOnOneErrback = false, consumeErrors = false }: ListOptions = {},
): Deferred<Any> {
  const members = membersOf("deferredList", ds);
  const outcomes = members.slice() as unknown[] as ListedOutcome<unknown>[]; // Of the right length; all are replaced.
  const list = new Deferred(cancelling(members));
  let missing = members.length;

  function note(index: number, outcome: ListedOutcome<unknown>): void {
    outcomes[index] = outcome;
    missing--;
    if (list.called) return;
    const [ok, result] = outcome;
    if (ok && fireOnOneCallback) list.callback([result, index]);
    else if (!ok && fireOnOneErrback) list.errback(new FirstError(result, index));
    else if (missing === 0) finish();
  }

  function finish(): void {
    if (fireOnOneCallback) list.errback(new FailureGroup(failuresOf(outcomes)));
    else list.callback(outcomes);
  }

  if (members.length === 0) finish();
  watchAll(members, (result, index) => {
    const failed = result instanceof Failure;
    note(index, failed ? [false, result] : [true, result]);
    return failed && consumeErrors ? undefined : result;
  });
  return list;
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
export function gatherResults(
  ds: Iterable<Deferred<Any>>,
  { consumeErrors = false, cancelOthers = false }: GatherOptions = {},
): Deferred<Any> {
  const members = membersOf("gatherResults", ds);
  const values: unknown[] = members.slice(); // Of the right length; all are replaced.
  const gathered = new Deferred<unknown[]>(cancelling(members));
  let missing = members.length;
  let failed = false;

  function fail(failure: Failure, index: number): void {
    if (failed) return;
    failed = true; // First, because cancelling the others makes them fail as well.
    if (cancelOthers) cancelAll(members);
    if (!gathered.called) gathered.errback(new FirstError(failure, index));
  }

  if (missing === 0) gathered.callback(values);
  watchAll(members, (result, index) => {
    if (result instanceof Failure) {
      fail(result, index);
      return consumeErrors ? undefined : result;
    }
    values[index] = result;
    if (--missing === 0 && !gathered.called) gathered.callback(values);
    return result;
  });
  return gathered;
}

/**
 * Fires with `[index, value]` of the first success and cancels the others, whose outcomes are consumed; fails with a
 * FailureGroup when all have failed. Cancelling it cancels all.
 *
 * @example
 * race(mirrors.map((mirror) => fetchPoem(mirror))).addCallback(([index, poem]) => `${mirrors[index]}: ${poem}`);
 */
export function race<D extends Deferred<Any>>(ds: Members<D>): Deferred<[index: number, value: ValueOf<D>]> {
  const members = membersOf("race", ds);
  const failures = members.slice() as unknown[] as Failure[]; // Of the right length; all are replaced.
  const winner = new Deferred<[number, ValueOf<D>]>(cancelling(members));
  let running = members.length;
  let won = false;

  function win(value: ValueOf<D>, index: number): void {
    if (won) return; // It was cancelled because another one won, and its canceller fired it.
    won = true;
    cancelAll(members);
    if (!winner.called) winner.callback([index, value]);
  }

  function lose(failure: Failure, index: number): void {
    failures[index] = failure;
    if (--running === 0 && !winner.called) winner.errback(new FailureGroup(failures));
  }

  if (members.length === 0) winner.errback(new FailureGroup([]));
  watchAll(members, (result, index) => {
    if (result instanceof Failure) lose(result, index);
    else win(result as ValueOf<D>, index);
    return undefined;
  });
  return winner;
}

/** @throws {TypeError} before any of them is touched, if one is not a Deferred, or `ds` is not a list of them */
function membersOf<D extends Deferred<Any>>(action: string, ds: Iterable<D>): D[] {
  if (typeof (ds as Iterable<D> | undefined)?.[Symbol.iterator] !== "function")
    throw new TypeError(`Cannot ${action}(${show(ds)}): not a list of Deferreds`);
  const members = [...ds];
  for (let index = 0; index < members.length; index++) {
    if (!(members[index] instanceof Deferred))
      throw new TypeError(`Cannot ${action}(): #${index} is no Deferred but ${show(members[index])}`);
  }
  return members;
}

/** Sees the result of a member of a list, and returns the result that the member goes on with. */
type Watch = (result: unknown, index: number) => unknown;

/** The item in a member's chain through which a list sees its result: as small as it can be, because lists have thousands. */
class Member extends Receiver<Chain> {
  constructor(
    private readonly watch: Watch,
    private readonly index: number,
  ) {
    super();
  }

  receive(member: Chain): undefined {
    member._result = this.watch(member._result, this.index);
  }
}

/** Shows each member's result to `watch`; the member goes on with what that returns. */
function watchAll(members: readonly Deferred<Any>[], watch: Watch): void {
  for (let index = 0; index < members.length; index++) {
    const member = members[index]!;
    debug?.used(member._liability, "list");
    queue(member, new Member(watch, index));
    if (member._state === IDLE) run(member);
  }
}

/** The canceller of a Deferred that waits for the outcomes of its cancelled members. */
function cancelling(members: readonly Deferred<Any>[]): Canceller {
  return (_, reason) => {
    cancelAll(members, reason);
    return PASSED_ON;
  };
}

/** A member whose outcome is being looked at is not affected, because it is running. */
function cancelAll(members: readonly Deferred<Any>[], reason?: unknown): void {
  for (const member of members) member.cancel(reason);
}

function failuresOf(outcomes: readonly ListedOutcome<unknown>[]): Failure[] {
  return outcomes.flatMap(([ok, result]) => (ok ? [] : [result]));
}
