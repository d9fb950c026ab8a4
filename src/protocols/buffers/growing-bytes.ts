import { free } from "./free.ts";
import { unmetered, type Meter } from "./meter.ts";

/** Collects pieces in one array, which doubles when it is full. Nobody else may keep a reference to the pieces. */
export class GrowingBytes {
  readonly #meter: Meter;
  #mostRoom: number;
  #room: Uint8Array = new Uint8Array(0);
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

  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (this.#length === 0) {
      this.#meter.takes(bytes.length);
      this.#room = bytes; // No copy: most messages come in one piece. It is full, so it is never written to.
    } else {
      if (end > this.#room.length) this.#grow(end);
      this.#room.set(bytes, this.#length);
    }
    this.#length = end;
  }

  /** The bytes so far, without copying. */
  view(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }

  /** The first `length` bytes in an array without spare room, because it may be kept for hours. */
  exact(length = this.#length): Uint8Array {
    return length === this.#room.length ? this.#room : this.#room.slice(0, length);
  }

  /** Frees everything at once. */
  clear(): void {
    free(this.#room);
    this.#room = new Uint8Array(0);
    this.#length = 0;
    this.#meter.takes(0);
  }

  #grow(end: number): void {
    const room = Math.max(end, Math.min(this.#mostRoom, this.#room.length * 2));
    this.#meter.takes(this.#room.length + room);
    const larger = new Uint8Array(room);
    larger.set(this.view());
    free(this.#room);
    this.#room = larger;
    this.#meter.takes(room);
  }
}
