import { isLimit } from "../setting.ts";
import type { Settled } from "../settled.ts";

/** Whether both settings were given and the value of `flag` is greater than that of `other`. */
export function exceeds(settled: Settled, flag: string, other: string): boolean {
  return (
    settled.isGiven(flag) &&
    settled.isGiven(other) &&
    Number(settled.valueOf(flag)) > Number(settled.valueOf(other))
  );
}

/** Like `exceeds`, for time limits: false if either is 0 or inf, which mean no limit. */
export function outlasts(settled: Settled, flag: string, other: string): boolean {
  return [flag, other].every((each) => isLimit(settled.valueOf(each))) && exceeds(settled, flag, other);
}
