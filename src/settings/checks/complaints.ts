import type { Check } from "./check.ts";
import { CHECKS } from "./checks.ts";
import { SettingError, type Complaint } from "../setting.ts";
import { unlessWrong, type Settled } from "../settled.ts";

/**
 * Checks settings against each other.
 *
 * @throws {UsageError} for the first check that fails
 */
export function check(settled: Settled): void {
  const [complaint] = complaintsAbout(settled);
  if (complaint) throw new SettingError(complaint);
}

/** The complaints of all checks that fail. Settings without a value are skipped: they have a complaint already. */
export function complaintsAbout(settled: Settled): Complaint[] {
  return CHECKS.flatMap(({ flags, isWrong, why }) =>
    flags
      .filter((flag) => settled.isGiven(flag) && settled.hasValue(flag))
      .filter((flag) => unlessWrong(() => isWrong(settled, flag), false))
      .map((flag) => ({ flag, text: fill(why, settled, flag) })),
  );
}

/** Fills in the placeholders that `Check.why` describes. */
function fill(why: Check["why"], settled: Settled, flag: string): string {
  if (typeof why === "function") return why(settled);
  return why.replace(/\{([a-z-]*)(=?)\}/g, (_, other: string, equals: string) => {
    const name = other === "" ? flag : other;
    return equals === "" ? settled.nameOf(name) : settled.quote(name);
  });
}
