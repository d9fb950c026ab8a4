import type { Clock } from "../time/clock.ts";
import { Garbage, type CollectGarbage } from "./garbage.ts";

/** Something that can be evicted bit by bit to make room: the entries of a cache. */
export interface Evictable {
  /** Bytes of all entries. */
  readonly bytes: number;
  /** Evicts the least recently used entry; false if there is none. */
  evict(): boolean;
}

/** Options of a Budget. */
export interface BudgetOptions {
  /** Limit of everything that is held, entries included, in bytes. */
  readonly limit: number;
  /** Bytes of the longest answer. */
  readonly maxAnswer: number;
  /** The budget that all services of the process share. */
  readonly parent?: Budget | undefined;
  /** Frees dropped memory, which the garbage collector would do much later on its own. */
  readonly collectGarbage?: CollectGarbage | undefined;
}

/** Short-lived arrays take more memory than their sizes, because freed ones leave holes that are hard to fill. */
const WITH_HOLES = 1.25;

const GARBAGE_LEVELS = [undefined, "some", "much", "too much"] as const;

/** The default of --max-memory, in bytes. */
export const DEFAULT_MEMORY = 2 ** 28;

/** Bytes of each request that are not counted; most requests are shorter. */
export const FREE_REQUEST = 4096;

/** How many entries are evicted per turn of the event loop after the limit was lowered. */
const SLICE = 1024;

/** Maximum number of bytes that a socket delivers at once. */
export const PIECE = 512 * 1024;

/** Bytes. Shorter arrays are left to the garbage collector. */
const LONG = 64 * 1024;

/** The shortest array that grows in place. */
const SHORTEST_IN_PLACE = 1024 * 1024;

/** How many arrays may grow in place: each takes two of the 65,530 mappings that Linux lets a process have. */
const MOST_IN_PLACE = 64;

/** The fraction of the limit that may be garbage. */
const GARBAGE = 1 / 16;

/** The fraction of the limit by which garbage may exceed it. */
const MOST_GARBAGE = 1 / 8;

/**
 * The memory of a service: its entries, and everything else that it holds for clients and fetches. Entries are evicted
 * first; the rest may take three quarters of the limit, or two answers of maximum length (docs/decisions/0401).
 */
export class Budget {
  #limit = 0;
  #share = 0;
  /** The most that may be held, ever. */
  #ceiling = 0;
  #parent: Budget | undefined;
  readonly #caches = new Set<Evictable>();
  readonly #waiting = new Set<() => void>();
  readonly #relieving: ((bytes: number) => void)[] = [];
  readonly #garbage: Garbage;
  #used = 0;
  #isShrinking = false;

  constructor({ limit, maxAnswer, parent, collectGarbage }: BudgetOptions) {
    this.#set(limit, maxAnswer);
    this.#parent = parent;
    const wake = () => void (this.#parent ?? this.#wake());
    this.#garbage = new Garbage(collectGarbage, wake, parent && parent.#garbage);
  }

  get limit(): number {
    return this.#limit;
  }

  /** How much of the limit may be used for anything but entries. */
  get share(): number {
    return this.#share;
  }

  /** The length from which an array grows in place: so long that there are few such arrays. */
  get inPlaceFrom(): number {
    return Math.max(SHORTEST_IN_PLACE, this.#limit / MOST_IN_PLACE);
  }

  /** Changes the limit. Excess entries are evicted in slices; no entry is added before that is done. */
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

  /** Stops sharing with others: only the last clients of its service are left. */
  leave(): void {
    const parent = this.#parent;
    if (!parent) return;
    for (const cache of this.#caches) parent.#caches.delete(cache);
    for (const wake of this.#waiting) parent.#waiting.delete(wake);
    this.#parent = undefined;
    this.#garbage.leave();
    parent.give(this.#used);
  }

  #set(limit: number, maxAnswer: number): void {
    this.#limit = limit;
    this.#share = Math.max(limit * 0.75, Math.min(2 * maxAnswer, limit - PIECE));
    this.#ceiling = limit + maxAnswer;
  }

  /** Bytes in use, not counting entries. */
  get used(): number {
    return this.#used;
  }

  /** Bytes of all entries. */
  get entries(): number {
    let sum = 0;
    for (const { bytes } of this.#caches) sum += bytes;
    return sum;
  }

  /** How much more could be taken; negative if too much is in use. */
  get left(): number {
    return Math.min(this.#share - this.#used, this.#parent?.left ?? Infinity);
  }

  /** The same without garbage, which is gone in a moment. */
  get leftNow(): number {
    return Math.min(this.#share - this.#used - this.#garbage.bytes, this.#parent?.leftNow ?? Infinity);
  }

  /** Whether there is more than enough only once some garbage is gone, which takes a moment. */
  get isShort(): boolean {
    const { leaving } = this.#garbage;
    const isShort = leaving > 0 && this.#used + leaving > this.#share;
    return isShort || (this.#parent?.isShort ?? false);
  }

  /**
   * Whether there is so much of everything, garbage included, that even the oldest delivery has to wait until some garbage is
   * gone. `whenGiven` tells.
   */
  get isCrowded(): boolean {
    return (this.#garbage.leaving > 0 && this.#beyond > 0) || (this.#parent?.isCrowded ?? false);
  }

  /** How much of it the rest of one answer may need. */
  get reserve(): number {
    return Math.min(this.#ceiling - this.#limit, this.#share / 2);
  }

  /** Whether `bytes` more would exceed the limit, which only the oldest delivery may do. */
  isOverLimit(bytes: number): boolean {
    return this.#used + bytes > this.limit || (this.#parent?.isOverLimit(bytes) ?? false);
  }

  /** Whether `bytes` more would exceed even the absolute maximum. */
  isOverCeiling(bytes: number): boolean {
    return this.#used + bytes > this.#ceiling || (this.#parent?.isOverCeiling(bytes) ?? false);
  }

  /** Counts the entries of `cache`, which are evicted to make room for anything else. */
  shareWith(cache: Evictable): void {
    this.#caches.add(cache);
    this.#parent?.shareWith(cache);
  }

  /**
   * Takes `bytes` for something other than an entry if there is room, or if nothing else is held. Returns whether it
   * did.
   *
   * @param before bytes already taken for the same thing
   */
  take(bytes: number, before = 0): boolean {
    if (bytes === 0) return true;
    if (bytes > this.left && this.#usedByAll > before) return false;
    this.add(bytes);
    return true;
  }

  /** Counts `bytes` that are held in any case, and evicts entries if necessary. */
  add(bytes: number): void {
    if (this.isOverLimit(bytes)) for (const relieve of this.#relieving) relieve(bytes);
    this.count(bytes);
    this.makeRoom(0);
    if (this.#garbage.dropped > 0) this.#tidy();
  }

  /** Counts `bytes` that belonged to an entry until now, so no room has to be made. */
  count(bytes: number): void {
    this.#used += bytes;
    this.#parent?.count(bytes);
  }

  /** Gives back taken bytes, and wakes those that wait for memory. */
  give(bytes: number): void {
    this.handOver(bytes, () => {});
  }

  /** Gives back taken bytes; `next` may take them again before anything else is woken. */
  handOver<T>(bytes: number, next: () => T): T {
    if (bytes === 0) return next();
    this.count(-bytes);
    try {
      return next();
    } finally {
      this.#wake();
    }
  }

  /** Calls `wake` whenever bytes are given back, here or by others that share the memory. */
  whenGiven(wake: () => void): void {
    this.#waiting.add(wake);
    this.#parent?.whenGiven(wake);
  }

  /** Calls `relieve` before taking bytes that exceed the limit. */
  whenOverLimit(relieve: (bytes: number) => void): void {
    this.#relieving.push(relieve);
  }

  /** Notes that an array of `bytes` was dropped; enough of them cause a garbage collection. */
  discarded(bytes: number): void {
    if (bytes < LONG) return;
    this.#garbage.drop(bytes);
    this.#tidy();
  }

  /** Has the garbage collected if there is much. */
  #tidy(): void {
    const howMuch = GARBAGE_LEVELS[this.#garbageLevel];
    if (howMuch) this.#garbage.collect(howMuch);
  }

  get #garbageLevel(): number {
    const beyond = this.#beyond;
    const isMuch = this.#garbage.dropped >= this.limit * GARBAGE;
    const level = !isMuch ? 0 : beyond > this.limit * MOST_GARBAGE ? 3 : beyond > 0 ? 2 : 1;
    return this.#parent ? Math.max(level, this.#parent.#garbageLevel) : level;
  }

  /** By how much everything exceeds the limit, garbage included. */
  get #beyond(): number {
    return this.#used + this.entries + this.#garbage.bytes - this.#limit;
  }

  /** Evicts entries until `bytes` more fit; returns false if that is impossible. */
  makeRoom(bytes: number): boolean {
    while (this.#isTight(bytes)) {
      // Evicting entries would not suffice, or would take too long at once.
      if (bytes > 0 && (this.#isShrinking || this.#used * WITH_HOLES + bytes > this.#limit)) return false;
      if (!this.#evict()) return false;
    }
    return this.#parent?.makeRoom(bytes) ?? true;
  }

  /** Whether entries must be evicted to make room for `bytes` more. */
  #isTight(bytes: number): boolean {
    return this.#used * WITH_HOLES + this.entries + bytes > this.#limit;
  }

  get #usedByAll(): number {
    return this.#parent ? this.#parent.#usedByAll : this.#used;
  }

  /** Evicts from the largest cache. */
  #evict(): boolean {
    let largest: Evictable | undefined;
    for (const each of this.#caches) if (each.bytes > (largest?.bytes ?? -1)) largest = each;
    return largest?.evict() ?? false;
  }

  /** The root of the tree wakes all: with a parent, whatever waits is registered there. */
  #wake(): void {
    if (this.#parent) this.#parent.#wake();
    else for (const wake of this.#waiting) wake();
  }
}
