import type { Clock } from "../../time/clock.ts";
import type { Deferred } from "../../deferred/mod.ts";
import { externalTransformation } from "../../services/transform/external.ts";
import { onlyTotal } from "../../services/fetch/trip.ts";
import { applyAll } from "../../services/transform/transformation.ts";
import { toggle, UsageError, type Values } from "../args.ts";
import { viaArgs, viaOf } from "../via-args.ts";

/** What is to be done to poems before they are printed. */
export const transformedArgs = {
  ...viaArgs,
  "or-plain": toggle("Print the poem as it is if it cannot be transformed"),
};

export interface TransformedOptions {
  readonly clock: Clock;
  /** Milliseconds from now until the last poem has to be there; 0 = no limit. */
  readonly timeout: number;
  /** Bytes of the longest poem that may come back. */
  readonly maxAnswer: number;
  /** Told of a bug in reading a poem. */
  readonly protocolFailed: (error: unknown) => void;
}

/**
 * Has a poem transformed as the flags ask; nothing if it stays as it is.
 *
 * @throws {UsageError} when the flags contradict each other
 */
export function transformOf(
  given: Values<typeof transformedArgs>,
  { timeout, ...options }: TransformedOptions,
): ((poem: Uint8Array) => Deferred<Uint8Array>) | undefined {
  const via = viaOf(given);
  if (!via && given["or-plain"]) throw new UsageError("--or-plain needs a --transform");
  if (!via) return undefined;
  const { clock } = options;
  const deadline = clock.now() + timeout;
  const timeouts = () => onlyTotal(timeout === 0 ? 0 : Math.max(1, Math.ceil(deadline - clock.now())));
  // Each is made when its turn has come: it gets what time is left then.
  const transformations = via.names.map((name) => ({
    apply: (poem: Uint8Array) =>
      externalTransformation(name, { ...options, timeouts: timeouts(), address: via.address }).apply(poem),
  }));
  return (poem) => applyAll(transformations, poem);
}
