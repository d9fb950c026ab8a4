import ms from "ms";
import { succeed, TimeoutError, type Deferred, type Failure } from "../../deferred/mod.ts";
import type { Ending, EndsConnection } from "../../net/ending.ts";
import type { Meter } from "../../protocols/buffers/meter.ts";
import { TooLongError } from "../../protocols/one-shot.ts";
import type { FetchFailure } from "../fetch/errors.ts";
import { OverflowError } from "../fetch/gate.ts";
import type { Source } from "../intake.ts";

/** Accounts for the memory that a transformation takes besides the poem. */
export interface Workspace extends Meter {
  /** Sets what to pause while there is no memory. */
  setSource(source: Source): void;
}

/** A way to change a poem. */
export interface Transformation {
  readonly name: string;
  /** One line, for listings. */
  readonly description: string;
  /** Fires with the transformed poem; fails with TransformError. Cancelling stops the work. */
  readonly apply: (poem: Uint8Array, workspace?: Workspace) => Deferred<Uint8Array>;
}

/** Why a poem was not transformed: it is not text, or the filter or server failed. */
export type TransformFailure = FetchFailure | "not_text" | "not_started" | "exit" | "timeout";

/** A poem could not be transformed. */
export class TransformError extends Error implements EndsConnection {
  override readonly name = "TransformError";
  readonly ending: Ending = "proxy/transform/failed";

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

/** Applies one after another; fails as the first that fails. */
export function applyAll(
  transformations: readonly Pick<Transformation, "apply">[],
  poem: Uint8Array,
  workspace?: Workspace,
): Deferred<Uint8Array> {
  return transformations.reduce(
    (changed, { apply }) => changed.addCallback((each) => apply(each, workspace)),
    succeed(poem),
  );
}

/** A workspace that also accounts for `bytes` which are held all the time. */
export function beside(bytes: number, workspace: Workspace | undefined): Workspace | undefined {
  return (
    workspace && {
      takes: (more) => workspace.takes(bytes + more),
      inPlaceFrom: workspace.inPlaceFrom,
      setSource: (source) => workspace.setSource(source),
    }
  );
}

/** Throws a TransformError that gives the reason for a failure; bugs and cancellations are returned unchanged. */
export function toTransformError(failure: Failure, name: string): Failure {
  const { value } = failure;
  const failed = (reason: TransformFailure, detail: string) => new TransformError(name, reason, detail);
  if (value instanceof TimeoutError) throw failed("timeout", `not finished within ${ms(value.ms)}`);
  if (value instanceof TooLongError) throw failed("too_large", value.message);
  if (value instanceof OverflowError) throw failed("overflow", value.message);
  return failure;
}
