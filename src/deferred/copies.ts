/**
 * What every copy of this package marks its Deferreds and Failures with. Two versions in one tree have classes of their
 * own: without a mark, a Failure of the other would pass for a value.
 */
export const MARK = Symbol.for("poetry-deferred");

/** What to say of `value`, which is no Deferred or Failure of this copy, if it is one of another copy. */
export function foreignError(value: object): TypeError | undefined {
  try {
    const kind = (value as { [MARK]?: string })[MARK];
    return kind ? new TypeError(`Cannot use a ${kind} of another copy of poetry-deferred`) : undefined;
  } catch {
    return undefined; // It throws when it is asked.
  }
}
