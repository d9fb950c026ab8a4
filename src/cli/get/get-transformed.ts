import type { Deferred } from "../../deferred/mod.ts";
import type { Connect } from "../../net/connect.ts";
import { externalTransformation } from "../../services/transform/external.ts";
import { onlyTotal } from "../../services/fetch/trip.ts";
import { applyAll } from "../../services/transform/transformation.ts";
import type { transforming } from "../../settings/rows/transforming.ts";
import type { Options } from "../../settings/settled.ts";
import type { Clock } from "../../time/clock.ts";

export interface TransformedOptions {
  readonly clock: Clock;
  /** Time limit for the last poem, from now, in milliseconds; 0 = no limit. */
  readonly timeout: number;
  /** The longest transformed poem, in bytes. */
  readonly maxAnswer: number;
  /** How to connect with that server; absent: in the usual way. */
  readonly connect?: Connect | undefined;
  /** Called after a bug in reading a poem. */
  readonly protocolFailed: (error: unknown) => void;
}

/** Makes the function that has poems transformed by a server; undefined if there is nothing to transform. */
export function transformOf(
  { names, address }: Options<typeof transforming>["via"],
  { timeout, ...options }: TransformedOptions,
): ((poem: Uint8Array) => Deferred<Uint8Array>) | undefined {
  if (!names || !address) return undefined;
  const { clock } = options;
  const deadline = clock.now() + timeout;
  const timeouts = () => onlyTotal(timeout === 0 ? 0 : Math.max(1, Math.ceil(deadline - clock.now())));
  // Each is made when its turn has come: it gets what time is left then.
  const transformations = names.map((name) => ({
    apply: (poem: Uint8Array) =>
      externalTransformation(name, { ...options, timeouts: timeouts(), address }).apply(poem),
  }));
  return (poem) => applyAll(transformations, poem);
}
