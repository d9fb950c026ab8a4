import { Deferred, succeed } from "../deferred/mod.ts";
import type { Meter } from "../protocols/buffers/meter.ts";
import { PIECE, type Budget } from "./budget.ts";

/** A source of bytes that can be paused. */
export interface Source {
  pauseReading(): void;
  resumeReading(): void;
}

/** Deliveries under way and their memory. If none is left, the oldest continues and the others are paused. */
export class Intake {
  readonly #budget: Budget;
  /** In order of their start. */
  readonly #deliveries = new Set<Delivery>();
  readonly #waiting = new Set<Delivery>();
  /** The one that may take any amount of memory while the others are paused. */
  #first: Delivery | undefined = undefined;
  /** Deliveries that need all their memory before they begin, and how many bytes. */
  readonly #queue = new Map<Deferred<Delivery>, number>();

  constructor(budget: Budget) {
    this.#budget = budget;
    budget.whenGiven(() => this.#goOn());
  }

  /** Begins a delivery. */
  open(): Delivery {
    const delivery = new Delivery(this);
    this.#deliveries.add(delivery);
    return delivery;
  }

  /**
   * Begins a delivery that needs `bytes` from the start: fires once there is room, or if no other is under way.
   * Cancelling leaves the queue.
   */
  enter(bytes: number): Deferred<Delivery> {
    if (this.#queue.size === 0 && this.#hasRoomFor(bytes)) return succeed(this.#admit(bytes));
    const place: Deferred<Delivery> = new Deferred<Delivery>(() => void this.#queue.delete(place));
    this.#queue.set(place, bytes);
    return place;
  }

  /** @see Meter */
  get inPlaceFrom(): number {
    return this.#budget.inPlaceFrom;
  }

  /** `delivery` takes `more` bytes than before; negative: fewer. */
  changed(delivery: Delivery, more: number): void {
    if (more < 0) return this.#budget.give(-more);
    this.#budget.add(more);
    if (this.#room >= 0) return;
    this.#first ??= oldest(this.#deliveries) ?? delivery;
    for (const each of this.#deliveries) if (each !== this.#first) this.#stop(each);
    if (this.#budget.isCrowded) this.#stop(this.#first);
  }

  /** An array of `bytes` bytes was dropped. */
  discarded(bytes: number): void {
    this.#budget.discarded(bytes);
  }

  /** `delivery` is about to read from its source. */
  begins(delivery: Delivery): void {
    if (this.#first && this.#first !== delivery) this.#stop(delivery);
  }

  closed(delivery: Delivery): void {
    this.#deliveries.delete(delivery);
    this.#waiting.delete(delivery);
    if (delivery === this.#first) this.#first = undefined;
    this.#goOn();
  }

  /** How much there is for others than the oldest, which may still need some. */
  get #room(): number {
    return this.#budget.leftNow - this.#budget.reserve;
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#deliveries.size === 0 || (!this.#first && bytes <= this.#budget.leftNow);
  }

  #admit(bytes: number): Delivery {
    const delivery = this.open();
    delivery.takes(bytes);
    return delivery;
  }

  #stop(delivery: Delivery): void {
    this.#waiting.add(delivery);
    delivery.pause();
  }

  #resume(delivery: Delivery): void {
    this.#waiting.delete(delivery);
    delivery.resume();
  }

  /**
   * There is more room, or a delivery has ended. One continues in any case, others if there is room for a piece of
   * each.
   */
  #goOn(): void {
    const piece = Math.min(PIECE, this.#budget.share / 8);
    let room = this.#room;
    for (const each of this.#waiting) {
      if ((room -= piece) < 0) break;
      this.#resume(each);
    }
    if (this.#waiting.size === 0) {
      if (this.#room >= 0) this.#first = undefined;
    } else {
      this.#first ??= oldest(this.#waiting) as Delivery;
      if (!this.#budget.isCrowded) this.#resume(this.#first);
    }
    for (const [place, bytes] of this.#queue) {
      if (!this.#hasRoomFor(bytes)) return;
      this.#queue.delete(place);
      place.callback(this.#admit(bytes));
    }
  }
}

/** The oldest that holds memory, because only such a one frees some at its end; else the oldest of all. */
function oldest(deliveries: ReadonlySet<Delivery>): Delivery | undefined {
  const [first] = deliveries;
  for (const each of deliveries) if (each.bytes > 0) return each;
  return first;
}

/** Something that arrives bit by bit, and the memory that it takes. */
export class Delivery implements Meter {
  readonly #intake: Intake;
  #source: Source | undefined = undefined;
  #bytes = 0;
  #isPaused = false;
  #isClosed = false;

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  /** Bytes of memory that it holds now. */
  get bytes(): number {
    return this.#bytes;
  }

  get inPlaceFrom(): number {
    return this.#intake.inPlaceFrom;
  }

  /** It holds `bytes` of memory now. */
  takes(bytes: number): void {
    if (this.#isClosed) return;
    const more = bytes - this.#bytes;
    this.#bytes = bytes;
    if (more !== 0) this.#intake.changed(this, more);
  }

  /** Sets the source that it arrives from, which is paused while there is no memory. */
  setSource(source: Source): void {
    this.#intake.begins(this);
    this.#source = source;
    if (this.#isPaused) source.pauseReading();
  }

  /** What it holds is garbage now. */
  drop(): void {
    const garbage = this.#bytes;
    this.takes(0);
    this.#intake.discarded(garbage);
  }

  /** Ends it and gives back its memory. */
  close(): void {
    if (this.#isClosed) return;
    this.takes(0);
    this.#isClosed = true;
    this.#source = undefined; // It would keep all received bytes alive.
    this.#intake.closed(this);
  }

  /** Pauses its source until there is memory. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#source?.pauseReading();
  }

  resume(): void {
    this.#isPaused = false;
    this.#source?.resumeReading();
  }
}
