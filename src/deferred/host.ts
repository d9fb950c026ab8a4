// Features that differ between browsers, Node, Bun and Deno: looked up at run time, because none is part of JavaScript.

/** Calls `listener` when the process is about to exit, where there is such an event. */
export function onExit(listener: () => void): void {
  globalThis.process?.once?.("exit", listener);
}

/** Makes the process, which is about to exit, exit with 1, unless another failure code has been set. */
export function exitWithFailure(): void {
  globalThis.process.exitCode ||= 1; // There is one: it is about to exit.
}

/**
 * Lets the host handle an error that nothing caught: as an `uncaughtException` in Node and Bun, which ends the process
 * with 1 if nobody listens; as an `error` event in browsers and Deno.
 */
export function throwToHost(error: unknown): void {
  if (globalThis.reportError && !globalThis.process?.versions?.node) globalThis.reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
