/** The place of what is in no Members. */
export const NOWHERE = -1;

/** Something that can be in one Members at a time. */
export interface Member {
  /** Where it is; only Members sets it. */
  place: number;
}

/**
 * A set, in no order, of members that come and go all the time. An array in which each knows its place, because a Set would
 * keep them alive longer (docs/decisions/0004).
 */
export class Members<T extends Member> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** @param member is in no Members yet */
  add(member: T): void {
    member.place = this.#members.length;
    this.#members.push(member);
  }

  /** Returns whether it was there. */
  delete(member: T): boolean {
    if (member.place === NOWHERE) return false;
    const last = this.#members.pop() as T;
    if (last !== member) {
      this.#members[member.place] = last; // It fills the gap.
      last.place = member.place;
    }
    member.place = NOWHERE;
    return true;
  }

  /** Those that are there now. */
  [Symbol.iterator](): Iterator<T> {
    return this.#members.slice().values();
  }
}
