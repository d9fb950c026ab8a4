import { show } from "./describe.ts";

/** @throws {TypeError} unless `value` is a function */
export function requireFunction(action: string, value: unknown): void {
  if (typeof value !== "function") throw new TypeError(`Cannot ${action}(${show(value)}): not a function`);
}

/** @throws {RangeError} unless `value` is a whole number from `least`, or Infinity */
export function requireLimit(action: string, value: unknown, least: number): void {
  const isLimit = Number.isInteger(value) || value === Infinity;
  if (!isLimit || (value as number) < least)
    throw new RangeError(
      `Cannot ${action} ${show(value)}: a whole number from ${least} is needed, or Infinity`,
    );
}

/** @throws {RangeError} unless `ms` is a number from `least` */
export function requireMilliseconds(action: string, ms: unknown, least: number): void {
  if (typeof ms === "number" && ms >= least) return;
  const range = least === 0 ? "0 or more" : "more than 0";
  throw new RangeError(`Cannot ${action}(${show(ms)}): milliseconds are needed, ${range}`);
}
