import type { Liability } from "./unhandled.ts";

/** What is done to a Deferred that debug mode looks at. */
export type Use = "link" | "list" | "source" | "returned" | "yielded";

/** What debug mode adds to a Deferred. Deferred does not import it, so a program that never turns it on need not load it. */
export interface DebugMode {
  /** The record of a Deferred that is being made. */
  created(): Liability;
  /** Notes where it was fired; makes the record if there is none. */
  fired(liability: Liability | undefined): Liability;
  /** Reports what is done to a Deferred whose result has gone to another one. */
  used(liability: Liability | undefined, use: Use): void;
}

/** Debug mode, while it is on. */
export let debug: DebugMode | undefined;

export function useDebugMode(mode: DebugMode | undefined): void {
  debug = mode;
}
