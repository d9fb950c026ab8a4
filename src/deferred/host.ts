// What differs between browsers, Node, Bun and Deno: looked for at run time, because nothing of it is JavaScript's own.
import { plainClock } from "../time/clock.ts";

/** Calls `listener` when the process is about to exit, if there is one and it tells. */
export function onExit(listener: () => void): void {
  globalThis.process?.once?.("exit", listener);
}

/** Lets the process that is about to exit do so with 1, unless another failure has been noted already. */
export function exitWithFailure(): void {
  globalThis.process.exitCode ||= 1; // There is one: it is about to exit.
}

/**
 * Lets the host handle an error that nothing caught: as an `uncaughtException` in Node and Bun, which ends the process
 * with 1 if nobody listens; as an `error` event in browsers and Deno.
 */
export function throwToHost(error: unknown): void {
  if (globalThis.reportError && !globalThis.process?.versions?.node) globalThis.reportError(error);
  else if (globalThis.queueMicrotask) globalThis.queueMicrotask(throwIt);
  else plainClock.nextTurn(throwIt);

  function throwIt(): never {
    throw error;
  }
}
