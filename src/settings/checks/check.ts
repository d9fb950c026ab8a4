import type { Setting } from "../setting.ts";
import type { Settled } from "../settled.ts";

/** Settings that contradict each other, or have no effect because of others: each makes sense by itself. */
export interface Check {
  /** Looked at one by one, if they were given. */
  readonly flags: readonly string[];
  readonly isWrong: (settled: Settled, flag: string) => boolean;
  /** What is wrong: {} is the flag, {x} the name of another setting, {x=} and {=} those with their values. */
  readonly why: string | ((settled: Settled) => string);
}

/** The value of a setting that not all commands have. */
export function valueOf<T>(settled: Settled, setting: Setting<T>): T | undefined {
  return settled.has(setting) ? (settled.valueOf(setting.flag) as T | undefined) : undefined;
}
