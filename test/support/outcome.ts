import { type Deferred, Failure } from "../../src/deferred/mod.ts";

/** What has become of a Deferred by now. */
export type Outcome = { value: unknown } | { error: unknown } | "waiting";

/** Reads a Deferred's outcome; a failure counts as handled by being looked at. */
export function outcome(deferred: Deferred): Outcome {
  if (!deferred.called || deferred.paused > 0) return "waiting";
  const { result } = deferred;
  if (!(result instanceof Failure)) return { value: result };
  deferred.addErrback(() => {});
  return { error: result.value };
}
