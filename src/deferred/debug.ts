import type { Liability } from "./unhandled.ts";

/** Uses of a Deferred that debug mode checks. */
export type Use = "link" | "list" | "source" | "returned" | "yielded";

/** What debug mode knows of a Deferred. */
interface Watched {
  _liability: Liability | undefined;
  readonly _result: unknown;
}

/** The hooks of debug mode. Deferred does not import them, so a program that never turns it on need not load them. */
export interface DebugMode {
  /** The record of a Deferred that is being made. */
  created(): Liability;
  /** Notes where it was fired. */
  fired(chain: Watched): void;
  /** Reports a use of a Deferred whose result has gone to another one. */
  used(chain: Watched, use: Use): void;
}

/** Debug mode, while it is on. */
export let debug: DebugMode | undefined;

export function useDebugMode(mode: DebugMode | undefined): void {
  debug = mode;
}
