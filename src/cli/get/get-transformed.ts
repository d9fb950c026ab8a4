import type { Deferred } from "../../deferred/mod.ts";
import type { Connect } from "../../net/connect.ts";
import { externalTransformation } from "../../services/transform/external.ts";
import { onlyTotal } from "../../services/fetch/trip.ts";
import { applyAll } from "../../services/transform/transformation.ts";
import type { transforming } from "../../settings/rows/transforming.ts";
import type { Options } from "../../settings/settled.ts";
import type { Clock } from "../../time/clock.ts";

/** Limits for transforming poems. */
export interface TransformedOptions {
  readonly clock: Clock;
  /** Time limit for all poems to be fetched and transformed, counted from `transformOf`, in milliseconds; 0: none. */
  readonly timeout: number;
  /** The longest transformed poem, in bytes. */
  readonly maxAnswer: number;
  /** How to connect to the server; absent: without TLS. */
  readonly connect?: Connect | undefined;
  /** Called with an exception of the protocol, which is a bug. */
  readonly protocolFailed: (error: unknown) => void;
}

/** A function that has a server transform a poem; undefined without --transform. */
export function transformOf(
  { names, address }: Options<typeof transforming>["via"],
  { timeout, ...options }: TransformedOptions,
): ((poem: Uint8Array) => Deferred<Uint8Array>) | undefined {
  if (!names || !address) return undefined;
  const { clock } = options;
  const deadline = clock.now() + timeout;
  const timeouts = () => onlyTotal(timeout === 0 ? 0 : Math.max(1, Math.ceil(deadline - clock.now())));
  // Created only when it is their turn, so that each gets the time that is left then.
  const transformations = names.map((name) => ({
    apply: (poem: Uint8Array) =>
      externalTransformation(name, { ...options, timeouts: timeouts(), address }).apply(poem),
  }));
  return (poem) => applyAll(transformations, poem);
}
