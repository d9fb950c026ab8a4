import { debug, useDebugMode, type DebugMode } from "./debug.ts";
import { Failure } from "./failure.ts";
import { withoutOwnFrames } from "./own-frames.ts";
import { Liability, report } from "./unhandled.ts";

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
  _created: () => addPlace(new Liability(), "Created"),
  _fired(chain) {
    chain._liability = addPlace(chain._liability ?? new Liability(), "First fired");
  },
  _used(chain, taker) {
    const liability = chain._liability;
    if (liability && chain._result !== undefined) liability._handedOver = false; // It has another one since.
    if (!liability?._handedOver) return;
    const message = `The result of a Deferred has gone to another one: this ${taker} gets undefined`;
    report(new Failure(new Error(message)), liability);
  },
};

/** Adds the place where something happened to the origin: its stack, made into text only if somebody asks. */
function addPlace(liability: Liability, title: string): Liability {
  const place = new Error();
  const before = liability._origin;
  liability._origin = {
    toString: () => `${String(before)}\n${title}:${withoutOwnFrames(place.stack ?? "").replace(/.*/, "")}`,
  };
  return liability;
}
