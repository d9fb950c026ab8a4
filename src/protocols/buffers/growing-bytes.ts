import { free } from "./free.ts";
import { unmetered, type Meter } from "./meter.ts";

/** By how much an array grows in place. */
const STEP = 64 * 1024;

/** Every request begins with it: a new one each time would cost something. */
const NONE: Uint8Array = new Uint8Array(0);

/**
 * Collects pieces in one array, which doubles when it is full, or grows in place if it is long (docs/decisions/0401). Nobody
 * else may keep a reference to the pieces.
 */
export class GrowingBytes {
  readonly #meter: Meter;
  #mostRoom: number;
  #room = NONE;
  /** The buffer of the array, once that grows in place. */
  #buffer: ArrayBuffer | undefined = undefined;
  #length = 0;

  /**
   * @param mostRoom limit of the array, in bytes; no more may be appended
   * @param meter if it throws, the array stays unchanged
   */
  constructor(mostRoom: number, meter: Meter = unmetered) {
    this.#mostRoom = mostRoom;
    this.#meter = meter;
  }

  get length(): number {
    return this.#length;
  }

  /** Announces that there will be at most `length` bytes in all. */
  expect(length: number): void {
    this.#mostRoom = Math.min(this.#mostRoom, length);
  }

  /** Returns whether it has copied the bytes: then they can be freed. */
  append(bytes: Uint8Array): boolean {
    const end = this.#length + bytes.length;
    const isFirst = this.#length === 0;
    if (isFirst) {
      this.#meter.takes(bytes.length);
      this.#room = bytes; // No copy: most messages come in one piece. It is full, so it is never written to.
    } else {
      if (end > this.#room.length) this.#grow(end);
      this.#room.set(bytes, this.#length);
    }
    this.#length = end;
    return !isFirst;
  }

  /** The bytes so far, without copying. */
  view(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }

  /** The first `length` bytes in an array without spare room, because it may be kept for hours. */
  exact(length = this.#length): Uint8Array {
    if (length === this.#room.length) return this.#room;
    if (!this.#buffer) return new Uint8Array(this.#room.subarray(0, length)); // Not slice: a Buffer's is no copy.
    this.#resize(this.#buffer, length);
    return this.#room;
  }

  /** Frees everything at once. */
  clear(): void {
    free(this.#room);
    this.#room = NONE;
    this.#buffer = undefined;
    this.#length = 0;
    this.#meter.takes(0);
  }

  #grow(end: number): void {
    if (this.#buffer) return this.#resize(this.#buffer, this.#inSteps(end));
    const { inPlaceFrom = Infinity } = this.#meter;
    const buffer = end > inPlaceFrom ? reserve(this.#mostRoom) : undefined;
    if (buffer) this.#move(this.#inSteps(end), buffer);
    else this.#move(Math.max(end, Math.min(this.#mostRoom, this.#room.length * 2)));
  }

  /** To an array of that length. */
  #move(room: number, buffer?: ArrayBuffer): void {
    this.#meter.takes(this.#room.length + room);
    buffer?.resize(room);
    const other = buffer ? new Uint8Array(buffer, 0, room) : new Uint8Array(room);
    other.set(this.view());
    free(this.#room);
    this.#room = other;
    this.#buffer = buffer;
    this.#meter.takes(room);
  }

  #inSteps(end: number): number {
    return Math.min(this.#mostRoom, Math.ceil(end / STEP) * STEP);
  }

  #resize(buffer: ArrayBuffer, room: number): void {
    this.#meter.takes(room);
    buffer.resize(room);
    this.#room = new Uint8Array(buffer, 0, room); // Of a fixed length: others are slower.
  }
}

/** An empty buffer that can grow to `most` bytes; undefined if there are no addresses left for it. */
function reserve(most: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(0, { maxByteLength: most });
  } catch {
    return undefined;
  }
}
