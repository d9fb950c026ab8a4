import type { Chain } from "./chain.ts";
import type { Failure } from "./failure.ts";

/**
 * What a callback or errback may pass to the next link: a value, a Deferred or Promise of one, or a Failure.
 *
 * @example
 * const parse = (text: string): Outcome<Poem> => (text ? new Poem(text) : new Failure(new Error("empty")));
 */
export type Outcome<U> = U | PromiseLike<U> | Failure; // A Deferred is a PromiseLike.

/**
 * The type of the value after a link that returns `U`, or a Deferred or Promise of it: a Failure is not a value.
 *
 * @example
 * type Length = ValueAfter<number | Failure>; // number
 */
export type ValueAfter<U> = Exclude<U, Failure>;

/**
 * As `ValueAfter`, for a link that returns several types, some of them as a Deferred or Promise.
 *
 * @example
 * type Poem = EventualValue<Deferred<string> | null>; // string | null
 */
export type EventualValue<R> = Exclude<R extends PromiseLike<infer U> ? U : R, Failure>;

/** Whether `T` is a Deferred, or may be one. Type parameters of generic functions do not count: [unknown] is for them. */
export type IfDeferred<T, Yes, No> = [[unknown] extends [T] ? true : false] extends [false]
  ? [Extract<T, Chain>] extends [never]
    ? No
    : Yes
  : No;

/**
 * `T`, if that is a value; nothing fits if it is a Deferred, because no Deferred can be fired with one.
 *
 * @example
 * function store<T>(value: NoDeferred<T>): void { cache.set(key, value); }
 */
export type NoDeferred<T> = IfDeferred<T, never, T>;

/**
 * The producer's side of a Deferred: what to give to the code that only has to fire it.
 *
 * @example
 * function poll(answer: Fireable<string>) { socket.once("data", (text) => answer.callback(text)); }
 */
export interface Fireable<T> {
  // Not methods: their parameters would be checked less strictly.
  readonly callback: (value: T | Failure) => void;
  readonly errback: (error: unknown) => void;
}

/** Arguments that may be omitted only if there are none. */
export type Extra<A extends unknown[]> = A | ([] extends A ? null | undefined : never);
