/** The text that has one character for each byte (ISO 8859-1): what keys are made of, and what patterns see. */
export function toLatin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

/** The bytes of such a text. */
export function fromLatin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** Bytes that come in pieces, in one array, which doubles when it is full. */
export class GrowingBytes {
  readonly #mostRoom: number;
  #room: Uint8Array = new Uint8Array(0);
  #length = 0;

  /** @param mostRoom doubling stops here; whoever appends has to stop here, too */
  constructor(mostRoom: number) {
    this.#mostRoom = mostRoom;
  }

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (this.#length === 0) {
      this.#room = bytes; // Most messages come in one piece: no copy. It is full, so it is never written to.
    } else {
      if (end > this.#room.length) this.#grow(end);
      this.#room.set(bytes, this.#length);
    }
    this.#length = end;
  }

  /** What has come so far, without copying it. */
  view(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }

  /** What has come, in an array without spare room: it may be kept for hours. */
  exact(): Uint8Array {
    return this.#length === this.#room.length ? this.#room : this.#room.slice(0, this.#length);
  }

  #grow(end: number): void {
    const larger = new Uint8Array(Math.max(end, Math.min(this.#mostRoom, this.#room.length * 2)));
    larger.set(this.view());
    this.#room = larger;
  }
}
