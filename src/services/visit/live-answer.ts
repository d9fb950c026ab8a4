import type { Kept } from "../../cache/memory-store.ts";
import type { Clock } from "../../time/clock.ts";
import { inTurns } from "../../time/in-turns.ts";
import type { Ending } from "../../net/ending.ts";
import type { Transport } from "../../net/transport.ts";
import { Blocks } from "../../protocols/buffers/blocks.ts";
import { unmetered, type Meter } from "../../protocols/buffers/meter.ts";
import { TooLongError, type Sink } from "../../protocols/one-shot.ts";
import type { Source } from "../intake.ts";
import { LiveReader } from "./live-reader.ts";

/** Bytes of an answer too long to keep that may wait for its slowest reader before the upstream is made to wait. */
const WINDOW = 1024 * 1024;

/** Bytes that are written at once for everyone who joins; where there are more, those who join take turns. */
const LITTLE = 64 * 1024;

/**
 * An answer while it comes in, and everyone who reads along, each from the first byte and at its own pace. An answer longer
 * than `limit` is not kept but streamed through: what every reader has is dropped, the upstream goes no faster than the
 * slowest reader, and nobody new can join.
 */
export class LiveAnswer implements Sink<Uint8Array>, Kept, Meter {
  /** What comes of it may be an entry; this is none. */
  readonly isKept = false;
  readonly #clock: Pick<Clock, "nextTurn">;
  readonly #limit: number;
  readonly #readers = new Set<LiveReader>();
  readonly #blocks: Blocks;
  #size = 0;
  /** How many readers have not got all of the first block; known once the answer is too long to keep. */
  #slowest = 0;
  #source: Source | undefined = undefined;
  #meter: Meter = unmetered;
  #ending: Ending | undefined = undefined;
  #isFeeding = false;
  #hasNews = false;
  /** Those whose turn to begin has not come, if somebody has begun in this turn. */
  #newcomers: LiveReader[] | undefined = undefined;

  /** @param limit bytes of the longest answer that may be kept */
  constructor(clock: Pick<Clock, "nextTurn">, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#blocks = new Blocks(this, limit);
  }

  /** Whether a byte may have reached somebody: then the upstream must not be asked again. */
  get hasBegun(): boolean {
    return this.#blocks.end > 0;
  }

  /** Whether it is known how it ends; some may still read. */
  get isOver(): boolean {
    return this.#ending !== undefined;
  }

  /** Whether it still has its first byte: who comes now can read along. */
  get isJoinable(): boolean {
    return !this.#isPassing && !this.isOver;
  }

  /** Bytes of memory that it takes now. */
  get size(): number {
    return this.#size;
  }

  takes(bytes: number): void {
    this.#size = bytes;
    this.#meter.takes(bytes);
  }

  /**
   * Says where it comes from.
   *
   * @param source is paused when the slowest reader is too far behind
   * @param meter is told how much memory it takes
   */
  pausing(source: Source, meter: Meter = unmetered): void {
    this.#source = source;
    this.#meter = meter;
  }

  /** A client reads along from the first byte. */
  join(transport: Transport): LiveReader {
    const reader = new LiveReader(transport, this);
    this.#readers.add(reader);
    if (this.#blocks.end <= LITTLE) reader.advance();
    else this.#letBegin(reader);
    return reader;
  }

  leave(reader: LiveReader): void {
    if (this.#readers.delete(reader)) this.#passed(reader.position);
  }

  take(bytes: Uint8Array): void {
    this.#blocks.add(bytes);
    if (this.#isPassing) {
      if (this.#readers.size === 0) throw new TooLongError(this.#limit); // Nobody is there to get it.
      this.#drop();
    }
    this.#feed();
    this.#setPace(); // Here as well: it may be that no reader advances.
  }

  /** @throws {TooLongError} when it is too long to keep; those who read along get all of it nevertheless */
  end(): Uint8Array {
    if (!this.#isPassing) return this.#blocks.whole(); // Who is behind reads on from that one array.
    this.finish("ok");
    throw new TooLongError(this.#limit);
  }

  /** Ends every reader's connection: `ok` once it has been given all, anything else at once with a reset. */
  finish(ending: Ending): void {
    this.#ending ??= ending;
    this.#feed();
  }

  /** Why readers are reset at once, whatever they have. */
  get failure(): Ending | undefined {
    return this.#ending === "ok" ? undefined : this.#ending;
  }

  /** What follows that position, as far as it lies in one piece; how it ends, after the last byte; nothing, if more is to come. */
  after(position: number): Uint8Array | Ending | undefined {
    return this.failure ?? this.#blocks.from(position) ?? this.#ending;
  }

  /** A reader moved on. */
  advanced(from: number, to: number): void {
    if (to >= this.#blocks.firstEnd) this.#passed(from);
  }

  get #isPassing(): boolean {
    return this.#blocks.end > this.#limit;
  }

  /** One reader less has not got all of the first block, if it was one. */
  #passed(position: number): void {
    if (!this.#isPassing || position >= this.#blocks.firstEnd || --this.#slowest > 0) return;
    this.#drop();
    this.#setPace();
  }

  /** One of those who join in a turn begins at once, the others in the turns that follow. */
  #letBegin(reader: LiveReader): void {
    if (this.#newcomers) return void this.#newcomers.push(reader);
    const newcomers: LiveReader[] = (this.#newcomers = []);
    reader.advance();
    this.#clock.nextTurn(() =>
      inTurns(
        this.#clock,
        newcomers.values(), // Those who join meanwhile are among them.
        (each) => this.#readers.has(each) && each.advance(),
        () => (this.#newcomers = undefined),
      ),
    );
  }

  /** Gives all readers what is new, a batch a turn, so that others are served in between. */
  #feed(): void {
    this.#hasNews = true;
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    this.#hasNews = false;
    inTurns(
      this.#clock,
      this.#readers.values(),
      (reader) => reader.advance(),
      () => {
        this.#isFeeding = false;
        if (this.#hasNews) this.#feed();
      },
    );
  }

  /** Lets go of what every reader has. */
  #drop(): void {
    const positions = Array.from(this.#readers, ({ position }) => position);
    this.#blocks.drop(positions.reduce((least, each) => Math.min(least, each), this.#blocks.end));
    const { firstEnd } = this.#blocks;
    this.#slowest = positions.filter((each) => each < firstEnd).length;
  }

  /** What is not to be kept comes in no faster than the slowest reader takes it. */
  #setPace(): void {
    if (!this.#isPassing) return;
    if (this.#blocks.end - this.#blocks.start > WINDOW) this.#source?.pauseReading();
    else this.#source?.resumeReading();
  }
}
