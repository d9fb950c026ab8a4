/**
 * What every copy of this package marks its Deferreds and Failures with. Two versions in one tree have classes of their
 * own: without a mark, a Failure of the other would pass for a value.
 */
export const MARK = Symbol.for("poetry-deferred");

type Kind = "Deferred" | "Failure";

/** What another copy of this package would call `value`, for values that are no Deferred or Failure of this one. */
export function kindElsewhere(value: object): Kind | undefined {
  try {
    return (value as { [MARK]?: Kind })[MARK];
  } catch {
    return undefined; // It throws when it is asked.
  }
}

/** Why a Deferred or Failure of another copy cannot be used here. */
export function foreignError(kind: Kind): TypeError {
  const cure = "two copies of poetry-deferred are loaded: install one version, once";
  return new TypeError(`Cannot use a ${kind} of another copy of this package; ${cure}`);
}
