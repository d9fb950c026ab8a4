import { isLimit } from "../setting.ts";
import type { Settled } from "../settled.ts";

/** Whether both were given, and one is more than the other. */
export function exceeds(settled: Settled, flag: string, other: string): boolean {
  return (
    settled.isGiven(flag) &&
    settled.isGiven(other) &&
    Number(settled.valueOf(flag)) > Number(settled.valueOf(other))
  );
}

/** As `exceeds`, for limits in time. */
export function outlasts(settled: Settled, flag: string, other: string): boolean {
  return [flag, other].every((each) => isLimit(settled.valueOf(each))) && exceeds(settled, flag, other);
}
