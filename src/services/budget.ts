import type { Clock } from "../time/clock.ts";

/** Something whose content can be given up, piece by piece, to make room: the entries of a cache. */
export interface Evictable {
  /** Bytes of all entries. */
  readonly bytes: number;
  /** Gives the least recently used entry up; false if there is none. */
  evict(): boolean;
}

export interface BudgetOptions {
  /** Bytes for everything that is held, entries included. */
  readonly limit: number;
  /** Bytes of the longest answer. */
  readonly maxAnswer: number;
  /** What all services of the process share. */
  readonly parent?: Budget | undefined;
  /** Makes what was let go of usable again: the garbage collector would do that much later. */
  readonly collectGarbage?: CollectGarbage | undefined;
}

/**
 * Says whether it was done. That need not be, unless there is `too much` garbage; with `much`, more is in use than the limit.
 */
export type CollectGarbage = (howMuch: "some" | "much" | "too much") => boolean;

/** What comes and goes takes more room than it counts: what was freed a moment ago leaves holes in which little fits. */
const WITH_HOLES = 1.25;

const GARBAGE_LEVELS = [undefined, "some", "much", "too much"] as const;

/** Without --max-memory. */
export const DEFAULT_MEMORY = 2 ** 28;

/** Bytes of a request that are not counted: most are shorter than that. */
export const FREE_REQUEST = 4096;

/** How many entries go in a turn of the event loop when there is suddenly less room. */
const SLICE = 1024;

/** The most that comes from a socket at once. */
export const PIECE = 512 * 1024;

/** Arrays that are shorter are no trouble to the garbage collector. */
const LONG = 64 * 1024;

/** The part of the limit that may be garbage. */
const GARBAGE = 1 / 16;

/** The part of the limit by which garbage may exceed it: whatever collecting costs, there is never more. */
const MOST_GARBAGE = 1 / 8;

/**
 * The memory of a service: of its entries, and of everything else that it holds for others. Entries give way first; the rest
 * may have three quarters of the limit, or two of the longest answers (docs/decisions/0401).
 */
export class Budget {
  #limit = 0;
  #share = 0;
  /** As much as is ever held. */
  #ceiling = 0;
  #parent: Budget | undefined;
  readonly #caches = new Set<Evictable>();
  readonly #waiting = new Set<() => void>();
  readonly #relieving: ((bytes: number) => void)[] = [];
  readonly #collectGarbage: CollectGarbage;
  #used = 0;
  #garbage = 0;
  #isShrinking = false;

  constructor({ limit, maxAnswer, parent, collectGarbage = () => true }: BudgetOptions) {
    this.#set(limit, maxAnswer);
    this.#parent = parent;
    this.#collectGarbage = collectGarbage;
  }

  get limit(): number {
    return this.#limit;
  }

  /** How much of it may be used for what is no entry. */
  get share(): number {
    return this.#share;
  }

  /** Sets another limit. Entries that are too many now go in slices; until then none comes in. */
  resize(limit: number, maxAnswer: number, clock: Pick<Clock, "nextTurn">): void {
    this.#set(limit, maxAnswer);
    const shrink = () => {
      let left = SLICE;
      while (left > 0 && this.#isTight(0) && this.#evict()) left--;
      this.#isShrinking = left === 0;
      if (this.#isShrinking) clock.nextTurn(shrink);
    };
    shrink();
    this.#wake();
  }

  /** Shares no more with others: its service is gone, and has only its last clients. */
  leave(): void {
    const parent = this.#parent;
    if (!parent) return;
    for (const cache of this.#caches) parent.#caches.delete(cache);
    for (const wake of this.#waiting) parent.#waiting.delete(wake);
    this.#parent = undefined;
    parent.give(this.#used);
  }

  #set(limit: number, maxAnswer: number): void {
    this.#limit = limit;
    this.#share = Math.max(limit * 0.75, Math.min(2 * maxAnswer, limit - PIECE));
    this.#ceiling = limit + maxAnswer;
  }

  /** Bytes in use, of what is no entry. */
  get used(): number {
    return this.#used;
  }

  /** Bytes of all entries. */
  get entries(): number {
    let sum = 0;
    for (const { bytes } of this.#caches) sum += bytes;
    return sum;
  }

  /** How much more could be taken; below 0 where more is in use than should be. */
  get left(): number {
    return Math.min(this.#share - this.#used, this.#parent?.left ?? Infinity);
  }

  /** Whether with so many bytes more is in use than the limit, which is for what goes on in any case. */
  isOverLimit(bytes: number): boolean {
    return this.#used + bytes > this.limit || (this.#parent?.isOverLimit(bytes) ?? false);
  }

  /** Whether with so many bytes more is in use than can be, whatever goes on. */
  isOverCeiling(bytes: number): boolean {
    return this.#used + bytes > this.#ceiling || (this.#parent?.isOverCeiling(bytes) ?? false);
  }

  /** Counts the entries of `cache`, which give way to everything else. */
  shareWith(cache: Evictable): void {
    this.#caches.add(cache);
    this.#parent?.shareWith(cache);
  }

  /**
   * Takes `bytes` for what is no entry, if there is room for them, or nothing else is held.
   *
   * @param before bytes that were taken for the same thing
   */
  take(bytes: number, before = 0): boolean {
    if (bytes === 0) return true;
    if (bytes > this.left && this.#usedByAll > before) return false;
    this.add(bytes);
    return true;
  }

  /** Counts `bytes` that are held anyway; entries give way as far as there are any. */
  add(bytes: number): void {
    if (this.isOverLimit(bytes)) for (const relieve of this.#relieving) relieve(bytes);
    this.count(bytes);
    this.makeRoom(0);
  }

  /** Counts `bytes` that were an entry's until now, so that nothing has to make room for them. */
  count(bytes: number): void {
    this.#used += bytes;
    this.#parent?.count(bytes);
  }

  /** Gives back what was taken, and wakes whoever waits for it. */
  give(bytes: number): void {
    this.handOver(bytes, () => {});
  }

  /** Gives back what was taken; `next` may take it again before anybody else is woken. */
  handOver<T>(bytes: number, next: () => T): T {
    if (bytes === 0) return next();
    this.count(-bytes);
    try {
      return next();
    } finally {
      this.#wake();
    }
  }

  /** Calls `wake` whenever something was given back, here or by others that share the memory. */
  whenGiven(wake: () => void): void {
    this.#waiting.add(wake);
    this.#parent?.whenGiven(wake);
  }

  /** Calls `relieve` before so many bytes are taken that more is in use than the limit. */
  whenOverLimit(relieve: (bytes: number) => void): void {
    this.#relieving.push(relieve);
  }

  /** An array of so many bytes was let go of: after many of them the garbage is collected. */
  discarded(bytes: number): void {
    if (bytes < LONG) return;
    this.#litter(bytes);
    const howMuch = GARBAGE_LEVELS[this.#garbageLevel];
    if (howMuch && this.#collectGarbage(howMuch)) this.#litter(0);
  }

  /** So much more garbage; 0: none is left. */
  #litter(bytes: number): void {
    this.#garbage = bytes === 0 ? 0 : this.#garbage + bytes;
    if (this.#parent) this.#parent.#litter(bytes);
  }

  get #garbageLevel(): number {
    const beyond = this.#used + this.entries + this.#garbage - this.limit;
    const isMuch = this.#garbage >= this.limit * GARBAGE;
    const level = !isMuch ? 0 : beyond > this.limit * MOST_GARBAGE ? 3 : beyond > 0 ? 2 : 1;
    return this.#parent ? Math.max(level, this.#parent.#garbageLevel) : level;
  }

  /** Gives entries up until `bytes` more have room beside what is in use; false if that cannot be. */
  makeRoom(bytes: number): boolean {
    while (this.#isTight(bytes)) {
      // Entries would be given up in vain, or too many at once.
      if (bytes > 0 && (this.#isShrinking || this.#used * WITH_HOLES + bytes > this.#limit)) return false;
      if (!this.#evict()) return false;
    }
    return this.#parent?.makeRoom(bytes) ?? true;
  }

  /** Whether entries have to go before there is room for `bytes` more. */
  #isTight(bytes: number): boolean {
    return this.#used * WITH_HOLES + this.entries + bytes > this.#limit;
  }

  get #usedByAll(): number {
    return this.#parent ? this.#parent.#usedByAll : this.#used;
  }

  /** From the cache that has most. */
  #evict(): boolean {
    let largest: Evictable | undefined;
    for (const each of this.#caches) if (each.bytes > (largest?.bytes ?? -1)) largest = each;
    return largest?.evict() ?? false;
  }

  /** With a parent, everybody waits there. */
  #wake(): void {
    if (this.#parent) this.#parent.#wake();
    else for (const wake of this.#waiting) wake();
  }
}
