import { COPY, MARK } from "./copies.ts";
import { INSPECT } from "./inspect.ts";
import { withoutOwnFrames } from "./own-frames.ts";

/**
 * Any class: the right-hand side of `instanceof`.
 *
 * @example
 * const retryable: ErrorClass<Error>[] = [TimeoutError, ConnectionError];
 */
export type ErrorClass<E = unknown> = abstract new (...args: never[]) => E;

/** An error that stands for failures: `find` looks through it. (Not by class, so that bundles without lists do not contain one.) */
interface Several {
  readonly _standsFor: readonly Failure[];
}

/**
 * An error on its way down the errback side of a chain. It holds nothing but the thrown value; the same Failure object
 * travels from link to link and from Deferred to Deferred.
 *
 * @example
 * fetchPoem().addErrback((failure) => failure.find(FetchError)?.reason ?? failure);
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
      // An Error knows where it was made; for other values this is the last chance to note it.
      this.#trace = value instanceof Error ? undefined : new Error(textOf(value, "message", value));
    }
  }

  /** `error` itself if it is a Failure already (its identity is kept), else a Failure of it. */
  static of(error: unknown): Failure {
    return error instanceof Failure ? error : new Failure(error);
  }

  /** Where the error was made, as text, without the frames of this package. */
  get stack(): string {
    try {
      return withoutOwnFrames((this.#trace ?? (this.value as Error)).stack!);
    } catch {
      return this.getErrorMessage(); // It has none, or its getter throws.
    }
  }

  /**
   * The error, if it is an instance of `errorClass`. Looks through a FirstError, so that an errback behind
   * `gatherResults` finds the member's own error, and through a FailureGroup of which every member has such an error:
   * it returns the first.
   *
   * @example
   * const reason = failure.find(FetchError)?.reason;
   */
  find<E>(errorClass: ErrorClass<E>): E | undefined {
    const { value } = this;
    if (value instanceof errorClass) return value;
    const found = (value as Partial<Several> | undefined)?._standsFor?.map((failure) =>
      failure.find(errorClass),
    );
    return found?.includes(undefined) ? undefined : found?.[0];
  }

  /**
   * As `find`, but throws the original error if there is none of that class.
   *
   * @example
   * const { reason } = failure.as(FetchError);
   */
  as<E>(errorClass: ErrorClass<E>): E {
    return this.find(errorClass) ?? this.throwException();
  }

  /** The first of `classes` that `find` finds an error of, else `undefined`. */
  check<C extends ErrorClass[]>(...classes: C): C[number] | undefined {
    return classes.find((each) => this.find(each));
  }

  /** As `check`, but throws the original error when no class matches: the errback "except clause". */
  trap<C extends ErrorClass[]>(...classes: C): C[number] {
    return this.check(...classes) ?? this.throwException();
  }

  /** The text of the value: an Error's message, anything else as a string. */
  getErrorMessage(): string {
    return textOf(this.value, "message", this.value);
  }

  /** Throws the original value. */
  throwException(): never {
    throw this.value;
  }

  get #name(): string {
    return textOf(this.value, "name", typeof this.value);
  }

  toString(): string {
    return `[Failure ${this.#name}: ${this.getErrorMessage()}]`;
  }

  /** For logs in JSON: name, message and stack, which `JSON.stringify` omits for an Error. */
  toJSON(): { name: string; message: string; stack: string } {
    return { name: this.#name, message: this.getErrorMessage(), stack: this.stack };
  }

  /** @internal */
  get [MARK](): object {
    return COPY;
  }

  get [Symbol.toStringTag](): string {
    return "Failure";
  }

  /** @internal */
  [INSPECT](): string {
    return this.toString();
  }
}

/**
 * The first failure among several Deferreds that were waited for together. Its `cause` is the error itself.
 *
 * @example
 * gatherResults(fetches).addErrback(FirstError, ({ index }) => `fetch ${index} failed`);
 */
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

  /** @internal */
  get _standsFor(): readonly Failure[] {
    return [this.subFailure];
  }
}

/**
 * One success among several Deferreds was needed, and all of them failed. `errors` has the error of each.
 *
 * @example
 * race(mirrors.map(fetchPoem)).addErrback(FailureGroup, ({ errors }) => errors.map(String));
 */
export class FailureGroup extends AggregateError {
  override readonly name = "FailureGroup";

  /** @param failures what each failed with, in the order of the Deferreds */
  constructor(readonly failures: readonly Failure[]) {
    const reasons = failures.map((failure) => `\n  ${failure.toString()}`).join("");
    super(
      failures.map(({ value }) => value),
      `All ${failures.length} Deferreds failed${reasons}`,
    );
  }

  /** @internal */
  get _standsFor(): readonly Failure[] {
    return this.failures;
  }
}

/** What an Error calls itself or says; `other` for anything else. Anything can be thrown, also what cannot be made into text. */
function textOf(value: unknown, property: "name" | "message", other: unknown): string {
  try {
    return String(value instanceof Error ? value[property] : other);
  } catch {
    try {
      return Object.prototype.toString.call(value);
    } catch {
      return typeof value;
    }
  }
}
