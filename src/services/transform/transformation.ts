import ms from "ms";
import type { Clock } from "../../time/clock.ts";
import { CancelledError, succeed, TimeoutError, type Deferred, type Failure } from "../../deferred/mod.ts";
import { TooLongError } from "../../protocols/one-shot.ts";
import { OverflowError } from "../fetch/gate.ts";
import type { Observer } from "../service.ts";
import type { FetchFailure } from "../fetch/trip.ts";

export { isTransformName } from "../../protocols/transform.ts";

/** Something that can be done to a poem. */
export interface Transformation {
  readonly name: string;
  /** For people: one line. */
  readonly description: string;
  /** Fires with the changed poem; fails with TransformError. Cancelling it stops the work. */
  readonly apply: (poem: Uint8Array) => Deferred<Uint8Array>;
}

/** Why a poem was not transformed: it is no text, its filter went wrong, or the server that was asked. */
export type TransformFailure = FetchFailure | "not_text" | "not_started" | "exit" | "timeout";

/** A poem could not be transformed. */
export class TransformError extends Error {
  override readonly name = "TransformError";

  /**
   * @param transformation its name
   * @param reason one word, to branch on and to count by
   */
  constructor(
    readonly transformation: string,
    readonly reason: TransformFailure,
    detail: string,
  ) {
    super(`Cannot transform by ${transformation}: ${detail}`);
  }
}

/** Applies one after the other; the first that fails ends it. */
export function applyAll(
  transformations: readonly Pick<Transformation, "apply">[],
  poem: Uint8Array,
): Deferred<Uint8Array> {
  return transformations.reduce((changed, { apply }) => changed.addCallback(apply), succeed(poem));
}

/** Calls `work`, tells the observer how it went, and passes the outcome on. What was cancelled is not told. */
export function reporting(
  work: () => Deferred<Uint8Array>,
  job: { readonly names: readonly string[]; readonly bytes: number },
  { clock, observer }: { readonly clock: Clock; readonly observer: Observer },
): Deferred<Uint8Array> {
  const start = clock.now();
  const spent = () => clock.now() - start;
  return work().addCallbacks(
    (transformed) => {
      observer({ what: "transformed", ...job, ms: spent() });
      return transformed;
    },
    (failure) => {
      const { value } = failure;
      if (value instanceof TransformError) observer({ what: "transform-failed", error: value, ms: spent() });
      else if (!(value instanceof CancelledError)) observer({ what: "bug", error: value });
      return failure;
    },
  );
}

/** What kept a transformation from being done, as a TransformError; a bug and what was cancelled stay as they are. */
export function toTransformError(failure: Failure, name: string): Failure {
  const { value } = failure;
  const failed = (reason: TransformFailure, detail: string) => new TransformError(name, reason, detail);
  if (value instanceof TimeoutError) throw failed("timeout", `not finished within ${ms(value.ms)}`);
  if (value instanceof TooLongError) throw failed("too_large", value.message);
  if (value instanceof OverflowError) throw failed("overflow", value.message);
  return failure;
}
