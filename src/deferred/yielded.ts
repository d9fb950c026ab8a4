/** Tells Deferreds that are iterated whether a generator of `inlineCallbacks` is running. */
export const stepping: {
  now: boolean;
  /** The Failure whose error was last thrown at a `yield*`: it is passed on if that error ends the generator. */
  _thrown: { readonly value: unknown } | undefined;
} = { now: false, _thrown: undefined };

/**
 * The iterator of a Deferred for `yield*`: yields `value` once and then ends with what is sent in, or ends with `value` at
 * once. It is its own result object, so that a `yield*` needs no other.
 */
export class Yielded {
  /** @param done `undefined` until it has yielded `value` */
  constructor(
    public value: unknown,
    public done: boolean | undefined,
  ) {}

  next(sent?: unknown): this {
    if (this.done === undefined) this.done = false;
    else if (!this.done) {
      this.value = sent;
      this.done = true;
    }
    return this;
  }

  throw(error: unknown): never {
    throw error;
  }
}
