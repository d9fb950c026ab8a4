import { debug, useDebugMode, type DebugMode } from "./debug.ts";
import { Failure } from "./failure.ts";
import { withoutOwnFrames } from "./own-frames.ts";
import { PendingReport, report } from "./unhandled.ts";

/**
 * Turns debug mode on or off, for Deferreds made or fired from now on. While it is on, AlreadyCalledError and reports
 * of unhandled errors tell where a Deferred was made and fired; and lost results are reported as unhandled errors are:
 * a Deferred that two callbacks return, and links added to one whose result has gone elsewhere.
 *
 * @returns whether it was on before
 * @example
 * setDebugging(process.env.NODE_ENV !== "production");
 */
export function setDebugging(on: boolean): boolean {
  const before = getDebugging();
  useDebugMode(on ? MODE : undefined);
  return before;
}

/**
 * Whether debug mode is on.
 *
 * @example
 * if (getDebugging()) console.log(deferred.describe());
 */
export function getDebugging(): boolean {
  return !!debug;
}

const MODE: DebugMode = {
  _happened(chain, what) {
    const pending = (chain._pendingReport ??= new PendingReport());
    const before = pending._origin;
    const place = new Error();
    pending._origin = {
      // Made into text only if somebody asks.
      toString: () => `${String(before)}\n${what}:${withoutOwnFrames(place.stack ?? "").replace(/.*/, "")}`,
    };
  },
  _used(chain, taker) {
    const pending = chain._pendingReport;
    if (pending && chain._result !== undefined) pending._handedOver = false; // It has another one since.
    if (!pending?._handedOver) return;
    const message = `The result of a Deferred has gone to another one: this ${taker} gets undefined`;
    report(new Failure(new Error(message)), pending);
  },
};
