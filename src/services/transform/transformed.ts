import type { Deferred } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import type { Layer } from "../fetch/layer.ts";
import type { Delivery } from "../intake.ts";
import type { Observer } from "../observer.ts";
import type { TransformEvents } from "./events.ts";
import { applyAll, beside, TransformError, type Transformation } from "./transformation.ts";

/** How transformations are timed and reported. */
export interface Reporting {
  readonly clock: Clock;
  readonly observer: Observer<Pick<TransformEvents, "transformed" | "transformFailed">>;
}

/** Options of transformed(). */
export interface TransformedOptions extends Reporting {
  /** Whether an answer may be empty after the transformation. */
  readonly acceptsEmpty: boolean;
}

/** A layer of a fetch that transforms the answer before anyone sees it. If that fails, so does the fetch. */
export function transformed(transformations: readonly Transformation[], options: TransformedOptions): Layer {
  const names = transformations.map(({ name }) => name);
  const change = (poem: Uint8Array, delivery: Delivery | undefined) =>
    applyAll(transformations, poem, beside(poem.byteLength, delivery)).addCallback((changed) => {
      delivery?.takes(changed.buffer.byteLength);
      if (changed.length > 0 || options.acceptsEmpty) return changed;
      throw new TransformError(names.join(", "), "empty", "the transformed poem is empty (0 bytes)");
    });
  return (inner) => (record) =>
    inner(record).addCallback((poem) =>
      reportingOutcome(() => change(poem, record.delivery), { names, bytes: poem.length }, options),
    );
}

/** Calls `work`, reports its outcome to the observer unless it was cancelled, and passes it on. */
export function reportingOutcome(
  work: () => Deferred<Uint8Array>,
  job: { readonly names: readonly string[]; readonly bytes: number },
  { clock, observer }: Reporting,
): Deferred<Uint8Array> {
  const start = clock.now();
  const spent = () => clock.now() - start;
  return work().addCallbacks(
    (changed) => {
      observer.transformed({ ...job, ms: spent() });
      return changed;
    },
    (failure) => {
      const { value: error } = failure;
      if (error instanceof TransformError) observer.transformFailed({ error, ms: spent() });
      return failure;
    },
  );
}
