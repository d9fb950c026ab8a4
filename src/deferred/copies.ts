/**
 * Marks the Deferreds and Failures of every copy of this package. Two versions in one tree have different classes: without
 * the mark, a Failure of the other copy would be taken for a value.
 */
export const MARK = Symbol.for("poetry-deferred");

/** The error to report if `value`, which is not a Deferred or Failure of this copy, is one of another copy. */
export function foreignError(value: object): TypeError | undefined {
  try {
    const kind = (value as { [MARK]?: string })[MARK];
    return kind ? new TypeError(`Cannot use a ${kind} of another copy of poetry-deferred`) : undefined;
  } catch {
    return undefined; // It throws when it is asked.
  }
}
