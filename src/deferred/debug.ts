import { withoutOwnFrames } from "./own-frames.ts";

/** Whether debug mode is on; see `setDebugging`. */
export let debugging = false;

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
  const before = debugging;
  debugging = on;
  return before;
}

/**
 * Whether debug mode is on.
 *
 * @example
 * if (getDebugging()) console.log(deferred.describe());
 */
export function getDebugging(): boolean {
  return debugging;
}

/** Where a Deferred was made and fired, as far as debug mode was on then. */
export interface Origin {
  readonly created?: Error | undefined;
  readonly fired: Error | undefined;
}

/** Both stacks, to put below a message; empty if nothing was recorded. */
export function originText(origin: Origin | undefined): string {
  return section("Created", origin?.created) + section("First fired", origin?.fired);
}

function section(title: string, place: Error | undefined): string {
  if (!place) return "";
  const [, ...frames] = withoutOwnFrames(place.stack ?? "").split("\n");
  return [`\n${title}:`, ...frames].join("\n");
}
