import { type Deferred, Failure } from "../../src/deferred/mod.ts";

/** The present state of a Deferred. */
export type Outcome = { value: unknown } | { error: unknown } | "waiting";

/** Reads the outcome of a Deferred; a failure counts as handled then. */
export function outcome(deferred: Deferred): Outcome {
  if (!deferred.called || deferred.paused > 0) return "waiting";
  const { result } = deferred;
  if (!(result instanceof Failure)) return { value: result };
  deferred.addErrback(() => {});
  return { error: result.value };
}
