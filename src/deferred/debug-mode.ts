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
  return debug !== undefined;
}

/** Where a Deferred was made and fired, as far as debug mode was on then. */
class Origin {
  fired: Error | undefined = undefined;

  constructor(readonly created?: Error) {}

  /** Both stacks, to put below a message. */
  toString(): string {
    return section("Created", this.created) + section("First fired", this.fired);
  }
}

const MODE: DebugMode = {
  created: () => new Liability(new Origin(new Error("Created"))),
  fired(liability = new Liability()) {
    const origin = liability.origin instanceof Origin ? liability.origin : new Origin();
    origin.fired = new Error("Fired");
    liability.origin = origin;
    return liability;
  },
  used(liability, event) {
    if (!liability?.handedOver) return;
    const message = `The result of a Deferred has gone to another one, and now ${event}: it will see undefined`;
    report(new Failure(new Error(message)), liability);
  },
};

function section(title: string, place: Error | undefined): string {
  if (!place) return "";
  const [, ...frames] = withoutOwnFrames(place.stack ?? "").split("\n");
  return [`\n${title}:`, ...frames].join("\n");
}
