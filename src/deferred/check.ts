import { show } from "./describe.ts";
import type { Any } from "./link.ts";

/** @throws {TypeError} unless `isKind`, which says whether `value` is `kind` */
export function requireKind(isKind: boolean, action: string, value: unknown, kind: string): void {
  if (!isKind) throw new TypeError(`Cannot ${action}(${show(value)}): not ${kind}`);
}

/** @throws {TypeError} unless `value` is a function */
export function requireFunction(action: string, value: unknown): void {
  if (typeof value !== "function") requireKind(false, action, value, "a function"); // One call less for every link.
}

/** @throws {TypeError} unless `value` has that method */
export function requireMethod(action: string, value: Any, method: string): void {
  requireKind(typeof value?.[method] === "function", action, value, `an object with ${method}()`);
}

/** @throws {RangeError} unless `value` is a whole number from `least`, or Infinity */
export function requireLimit(name: string, value: unknown, least: number): void {
  if (Math.floor(value as number) !== value || value < least)
    throw new RangeError(
      `Cannot set ${name} to ${show(value)}: whole numbers or Infinity are needed, ${least} or more`,
    );
}

/** @throws {RangeError} unless `ms` is a number from `least` */
export function requireMilliseconds(action: string, ms: unknown, least = 0): void {
  if (typeof ms !== "number" || !(ms >= least))
    throw new RangeError(`Cannot ${action}(${show(ms)}): milliseconds are needed, ${least} or more`);
}
