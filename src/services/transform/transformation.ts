import { maybeDeferred, succeed, type Deferred } from "../../deferred/mod.ts";
import type { Ending, EndsConnection } from "../../net/ending.ts";
import type { FetchFailure } from "../fetch/errors.ts";

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

/** Applies one after the other; the first that fails ends it. */
export function applyAll(
  transformations: readonly Pick<Transformation, "apply">[],
  poem: Uint8Array,
): Deferred<Uint8Array> {
  return transformations.reduce((changed, { apply }) => changed.addCallback(apply), succeed(poem));
}

/** A transformation of any bytes. */
export function ofBytes(
  name: string,
  description: string,
  change: (poem: Uint8Array) => Uint8Array,
): Transformation {
  return { name, description, apply: (poem) => maybeDeferred(change, poem) };
}

/** A transformation of text: of UTF-8 that is valid, for what cannot be read would come back spoilt. */
export function ofText(name: string, description: string, change: (text: string) => string): Transformation {
  return ofBytes(name, description, (poem) => new TextEncoder().encode(change(decode(name, poem))));
}

function decode(name: string, poem: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(poem);
  } catch {
    throw new TransformError(name, "not_text", "the poem is not valid UTF-8");
  }
}
