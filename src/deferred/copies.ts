/**
 * Marks the Deferreds and Failures of every copy of this package. Two versions in one tree have different classes: without
 * the mark, a Failure of the other copy would be taken for a value.
 */
export const MARK = Symbol.for("poetry-deferred");

/** What this copy has under the mark. */
export const COPY = {};

/** The error to report if `value` is a Deferred or Failure of another copy. */
export function foreignError(value: unknown): TypeError | undefined {
  try {
    const copy = typeof value === "object" && value?.[MARK as keyof typeof value];
    if (copy && copy !== COPY) return new TypeError("Cannot use what another copy of poetry-deferred made");
  } catch {
    // It throws when it is asked.
  }
  return undefined;
}
