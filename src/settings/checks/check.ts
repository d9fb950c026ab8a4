import type { Setting } from "../setting.ts";
import type { Settled } from "../settled.ts";

/** A rule for settings that are valid by themselves, but contradict each other or have no effect because of others. */
export interface Check {
  /** The settings that it judges: each by itself, and only if it was given. */
  readonly flags: readonly string[];
  /** May read settings without a value: then the check passes, because that was already reported. */
  readonly isWrong: (settled: Settled, flag: string) => boolean;
  /** The complaint. {} stands for the flag, {x} for the setting x, {=} and {x=} for the same with their values. */
  readonly why: string | ((settled: Settled) => string);
}

/** The value of `setting`, or `undefined` if the command does not have it. */
export function valueOf<T>(settled: Settled, setting: Setting<T>): T | undefined {
  return settled.has(setting) ? (settled.valueOf(setting.flag) as T | undefined) : undefined;
}
