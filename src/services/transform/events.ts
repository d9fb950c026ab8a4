import type { Address } from "../../net/address.ts";
import type { TransformError } from "./transformation.ts";

/** A poem, and the transformations applied to it, in order. */
export interface TransformJob {
  readonly names: readonly string[];
  /** Bytes of the poem. */
  readonly bytes: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** Events of transformations. */
export interface TransformEvents {
  readonly servingTransforms: { readonly count: number; readonly address: Address };
  readonly proxyingTransforms: { readonly upstreams: readonly Address[]; readonly address: Address };
  readonly transformed: TransformJob;
  readonly transformFailed: { readonly error: TransformError; readonly ms: number };
}
