import type { PendingReport } from "./unhandled.ts";

/** What takes the result of a Deferred; debug mode checks that it is still there. */
export type Taker = "link" | "list" | "fork" | "callback" | "generator";

/** What debug mode knows of a Deferred. */
interface Watched {
  _pendingReport: PendingReport | undefined;
  readonly _result: unknown;
}

/** The hooks of debug mode. Deferred does not import them, so a program that never turns it on need not load them. */
export interface DebugMode {
  /** Notes where something happened to a Deferred. */
  _happened(chain: Watched, what: "Created" | "First fired"): void;
  /** Reports what takes the result of a Deferred after it has gone to another one. */
  _used(chain: Watched, taker: Taker): void;
}

/** Debug mode, while it is on. */
export let debug: DebugMode | undefined;

export function useDebugMode(mode: DebugMode | undefined): void {
  debug = mode;
}
