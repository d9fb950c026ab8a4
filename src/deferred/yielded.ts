/** What `inlineCallbacks` tells the Deferreds that are iterated: whether a generator of its is running just now. */
export const stepping: {
  now: boolean;
  /** The Failure whose error was thrown at a `yield*` last: it goes on if that error is what ends the generator. */
  thrown: { readonly value: unknown } | undefined;
} = { now: false, thrown: undefined };

/**
 * What `yield*` of a Deferred goes through: it gives `value` once and then ends with whatever is sent in; or it ends with
 * `value` at once. It is its own result, and so the only object that a `yield*` needs.
 */
export class Yielded {
  private begun = false;

  constructor(
    public value: unknown,
    public done: boolean,
  ) {}

  next(sent?: unknown): this {
    if (!this.begun) this.begun = true;
    else {
      this.value = sent;
      this.done = true;
    }
    return this;
  }

  throw(error: unknown): never {
    throw error;
  }
}
