import { answers } from "./rows/answers.ts";
import { isLimit, type Setting } from "./setting.ts";
import type { Settled } from "./settle.ts";

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

/** The value of a setting, if there is one here. */
export function valueOf<T>(settled: Settled, { flag }: Setting<T>): T | undefined {
  return settled.valueOf(flag) as T | undefined;
}

/** Whether every answer that is kept has this ttl. */
export function hasTtl(settled: Settled, ttl: number): boolean {
  const rules = valueOf(settled, answers["ttl-for"]) ?? [];
  return (
    settled.isGiven("ttl") &&
    valueOf(settled, answers.ttl) === ttl &&
    rules.every((rule) => rule.ttl === ttl || rule.ttl === 0)
  );
}
