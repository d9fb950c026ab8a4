/** Somebody's place in a Row, by which it can be left. */
export class Place<T> {
  before: Place<T> | undefined = undefined;
  after: Place<T> | undefined = undefined;
  hasLeft = false;

  constructor(readonly item: T) {}
}

/**
 * First in, first out, and whatever is in it may leave from any place. Each step takes the same time, however long the row
 * is: `shift()` of an array does not in Node, nor does finding a place in one anywhere.
 */
export class Row<T> {
  #first: Place<T> | undefined = undefined;
  #last: Place<T> | undefined = undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(item: T): Place<T> {
    const place = new Place(item);
    place.before = this.#last;
    if (this.#last) this.#last.after = place;
    else this.#first = place;
    this.#last = place;
    this.#length++;
    return place;
  }

  /** Takes the oldest item out. */
  shift(): T | undefined {
    const first = this.#first;
    if (first) this.leave(first);
    return first?.item;
  }

  /** Takes the item of `place` out, if it is still in. */
  leave(place: Place<T>): void {
    if (place.hasLeft) return;
    place.hasLeft = true;
    if (place.before) place.before.after = place.after;
    else this.#first = place.after;
    if (place.after) place.after.before = place.before;
    else this.#last = place.before;
    this.#length--;
  }
}
