/** Any class: what `instanceof` takes on its right. */
export type ErrorClass<E = unknown> = abstract new (...args: never[]) => E;

/**
 * An error on its way down the errback side of a chain. It holds the value that was thrown and nothing else, so it
 * costs one slot; the same Failure object travels from link to link and from Deferred to Deferred.
 */
export class Failure {
  /** What went wrong: usually an Error, but anything can be thrown. */
  readonly value: unknown;
  readonly #trace: Error | undefined;

  /** Wraps `value`; made from a Failure, it takes over that one's value. */
  constructor(value: unknown) {
    if (value instanceof Failure) {
      this.value = value.value;
      this.#trace = value.#trace;
    } else {
      this.value = value;
      // An Error knows where it was made; for anything else this is the last chance to tell.
      this.#trace = value instanceof Error ? undefined : new Error(getMessage(value));
    }
  }

  /** `error` itself if it is a Failure already (its identity is kept), else a Failure of it. */
  static of(error: unknown): Failure {
    return error instanceof Failure ? error : new Failure(error);
  }

  /** Where the error was made, as text. */
  get stack(): string {
    try {
      const { stack } = this.#trace ?? (this.value as Error);
      return stack ?? this.getErrorMessage();
    } catch {
      return this.getErrorMessage();
    }
  }

  /**
   * The first of `classes` that the value is an instance of, else `undefined`. Looks through a FirstError, so that
   * an errback behind `gatherResults` finds the member's own error.
   */
  check<C extends ErrorClass[]>(...classes: C): C[number] | undefined {
    const direct = classes.find((each) => this.value instanceof each);
    if (direct !== undefined || !(this.value instanceof FirstError)) return direct;
    return this.value.subFailure.check(...classes);
  }

  /** As `check`, but throws the original error when no class matches: the errback "except clause". */
  trap<C extends ErrorClass[]>(...classes: C): C[number] {
    return this.check(...classes) ?? this.throwException();
  }

  /** The text of the value: an Error's message, anything else as a string. */
  getErrorMessage(): string {
    return getMessage(this.value);
  }

  /** Throws the original value. */
  throwException(): never {
    throw this.value;
  }

  toString(): string {
    return `[Failure ${getName(this.value)}: ${this.getErrorMessage()}]`;
  }
}

/** The first failure among several Deferreds that were waited for together. */
export class FirstError extends Error {
  override readonly name = "FirstError";

  /**
   * @param subFailure what that member failed with
   * @param index its place among the Deferreds, from 0
   */
  constructor(
    readonly subFailure: Failure,
    readonly index: number,
  ) {
    super(`Deferred #${index} failed first: ${subFailure.toString()}`, { cause: subFailure.value });
  }
}

/** Several Deferreds were waited for, one success would have done, and all failed. */
export class FailureGroup extends Error {
  override readonly name = "FailureGroup";

  /** @param failures what each failed with, in the order of the Deferreds */
  constructor(readonly failures: readonly Failure[]) {
    const reasons = failures.map((failure) => `\n  ${failure.toString()}`).join("");
    super(failures.length === 0 ? "There was no Deferred to wait for" : `Every Deferred failed:${reasons}`);
  }
}

// Anything can be thrown: also what has no text, or throws when it is asked for it.

function getMessage(value: unknown): string {
  try {
    return String(value instanceof Error ? value.message : value);
  } catch {
    return getTag(value);
  }
}

function getName(value: unknown): string {
  if (!(value instanceof Error)) return typeof value;
  try {
    return String((value as { name: unknown }).name);
  } catch {
    return getTag(value);
  }
}

function getTag(value: unknown): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return "[object]";
  }
}
