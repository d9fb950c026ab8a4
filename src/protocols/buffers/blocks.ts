import { unmetered, type Meter } from "./meter.ts";

/** Bytes of an array that collects short pieces. */
const BLOCK = 64 * 1024;
/** Pieces shorter than this are merged. */
const SHORT = BLOCK / 4;
const SMALLEST_BLOCK = 64;

/**
 * Collects pieces of bytes. Long ones are kept as they are, short ones are merged, so that there are few arrays. Can be
 * read from any position while more pieces arrive.
 */
export class Blocks {
  readonly #meter: Meter;
  readonly #expected: number;
  #blocks: Uint8Array[] = [];
  /** The position at which each block begins. */
  #starts: number[] = [];
  #end = 0;
  /** Bytes of the last block that are not used yet. */
  #spare = 0;
  #capacity = 0;

  /** @param expected the most bytes expected; no spare room is allocated beyond them */
  constructor(meter: Meter = unmetered, expected = Infinity) {
    this.#meter = meter;
    this.#expected = expected;
  }

  /** The position after the last byte. */
  get end(): number {
    return this.#end;
  }

  /** The position of the first byte that has not been dropped. */
  get start(): number {
    return this.#starts[0] ?? this.#end;
  }

  /** The end of the first block: everything before it can be dropped together. */
  get firstEnd(): number {
    return this.#starts[1] ?? this.#end;
  }

  /** Adds bytes and takes ownership of them. */
  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (bytes.length >= SHORT || this.#end === 0) {
      this.#trim();
      this.#append(bytes);
      this.#end += bytes.length;
      return;
    }
    for (let rest = bytes; rest.length > 0;) {
      if (this.#spare === 0) this.#open(rest.length);
      const last = this.#blocks.at(-1) as Uint8Array;
      const fitting = rest.subarray(0, this.#spare);
      last.set(fitting, last.length - this.#spare);
      this.#spare -= fitting.length;
      this.#end += fitting.length;
      rest = rest.subarray(fitting.length);
    }
  }

  /** The bytes from `position` to the end of their block; undefined if there are none yet. */
  from(position: number): Uint8Array | undefined {
    if (position >= this.#end) return undefined;
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    const start = this.#starts[low] as number;
    const end = this.#starts[low + 1] ?? this.#end;
    return (this.#blocks[low] as Uint8Array).subarray(position - start, end - start);
  }

  /** Drops the blocks that lie entirely before `position`. */
  drop(position: number): void {
    let gone = 0;
    while (gone < this.#blocks.length && (this.#starts[gone + 1] ?? this.#end) <= position) gone++;
    if (gone === this.#blocks.length) this.#spare = 0;
    for (const { length } of this.#blocks.splice(0, gone)) this.#capacity -= length;
    this.#starts.splice(0, gone);
    if (gone > 0) this.#meter.takes(this.#capacity);
  }

  /** Merges everything into one array without spare room, and returns it. Nothing must have been dropped. */
  whole(): Uint8Array {
    const only = this.#blocks.length === 1 && this.#spare === 0 ? this.#blocks[0] : undefined;
    if (only) return only;
    this.#meter.takes(this.#capacity + this.#end);
    const whole = new Uint8Array(this.#end);
    for (const [index, block] of this.#blocks.entries()) {
      const start = this.#starts[index] as number;
      whole.set(block.subarray(0, this.#end - start), start);
    }
    this.#spare = 0;
    this.#blocks = this.#end > 0 ? [whole] : [];
    this.#starts = this.#end > 0 ? [0] : [];
    this.#capacity = this.#end;
    this.#meter.takes(this.#capacity);
    return whole;
  }

  /**
   * Opens a block of at least `least` bytes; if possible, as large as everything so far, because as much may follow.
   */
  #open(least: number): void {
    const more = Math.max(this.#end, SMALLEST_BLOCK);
    const size = Math.max(least, Math.min(more, BLOCK, this.#expected - this.#end));
    this.#append(new Uint8Array(size));
    this.#spare = size;
  }

  #append(block: Uint8Array): void {
    this.#capacity += block.length;
    this.#meter.takes(this.#capacity);
    this.#blocks.push(block);
    this.#starts.push(this.#end);
    this.#spare = 0;
  }

  /** Called before a long piece: frees the spare room of the last block if that is at least half empty. */
  #trim(): void {
    const last = this.#blocks.at(-1);
    if (last === undefined || this.#spare < last.length / 2) return;
    const used = last.slice(0, last.length - this.#spare);
    this.#capacity -= this.#spare;
    this.#blocks[this.#blocks.length - 1] = used;
    this.#spare = 0;
  }
}
