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
