// What differs between browsers, Node, Bun and Deno: looked for at run time, because nothing of it is JavaScript's own.
import { systemClock } from "../time/clock.ts";

interface Host {
  readonly queueMicrotask?: (fn: () => void) => void;
  readonly reportError?: (error: unknown) => void;
  readonly process?: {
    readonly versions?: { readonly node?: string };
    exitCode?: number | string | undefined;
    once?(event: "exit", listener: () => void): unknown;
  };
}

const host = globalThis as Host;

/** Calls `listener` when the process is about to exit, if there is one and it tells. */
export function onExit(listener: () => void): void {
  host.process?.once?.("exit", listener);
}

/** Lets the process that is about to exit do so with 1, unless another failure has been noted already. */
export function exitWithFailure(): void {
  if (host.process) host.process.exitCode ||= 1;
}

/**
 * Lets the host handle an error that nothing caught: as an `uncaughtException` in Node and Bun, which ends the process
 * with 1 if nobody listens; as an `error` event in browsers and Deno.
 */
export function throwToHost(error: unknown): void {
  if (host.reportError && host.process?.versions?.node === undefined) return host.reportError(error);
  (host.queueMicrotask ?? ((fn) => systemClock.nextTurn(fn)))(() => {
    throw error;
  });
}
