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

/** For an answer too long to keep: how far its slowest reader may lag, in bytes, before the upstream is paused. */
const WINDOW = 1024 * 1024;

/** Up to this many bytes are written at once to each client that joins; with more, joining clients take turns. */
const LITTLE = 64 * 1024;

/**
 * An answer as it arrives, and its readers; each reads from the first byte, at its own pace. An answer longer than
 * `limit` is not kept but streamed through: bytes that every reader has are dropped, the upstream is slowed down to the
 * slowest reader, and no more clients can join.
 */
export class LiveAnswer implements Sink<Uint8Array>, Kept, Meter {
  /** This object is never a cache entry, though the finished answer may become one. */
  readonly isKept = false;
  readonly #clock: Pick<Clock, "nextTurn">;
  readonly #limit: number;
  readonly #readers = new Set<LiveReader>();
  readonly #blocks: Blocks;
  #size = 0;
  /** How many readers have not received all of the first block; counted once the answer is too long to keep. */
  #slowest = 0;
  #source: Source | undefined = undefined;
  #meter: Meter = unmetered;
  #ending: Ending | undefined = undefined;
  #isFeeding = false;
  #hasNews = false;
  /** Readers whose turn to begin is still to come; undefined while there is no such queue. */
  #newcomers: LiveReader[] | undefined = undefined;

  /** @param limit the longest answer to keep, in bytes */
  constructor(clock: Pick<Clock, "nextTurn">, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#blocks = new Blocks(this, limit);
  }

  /** Whether a byte may have reached a client; if so, the fetch must not be retried. */
  get hasBegun(): boolean {
    return this.#blocks.end > 0;
  }

  /** Whether its ending is known; clients may still be reading. */
  get isOver(): boolean {
    return this.#ending !== undefined;
  }

  /** Whether it still has its first byte, so that clients can join. */
  get isJoinable(): boolean {
    return !this.#isPassing && !this.isOver;
  }

  /** Bytes of memory that it holds now. */
  get size(): number {
    return this.#size;
  }

  takes(bytes: number): void {
    this.#size = bytes;
    this.#meter.takes(bytes);
  }

  /**
   * Sets the source.
   *
   * @param source paused while the slowest reader is too far behind
   * @param meter accounts for its memory
   */
  setSource(source: Source, meter: Meter = unmetered): void {
    this.#source = source;
    this.#meter = meter;
  }

  /** Adds a client, which reads from the first byte on. */
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
      if (this.#readers.size === 0) throw new TooLongError(this.#limit); // No one is left to stream it to.
      this.#drop();
    }
    this.#feed();
    this.#setPace(); // Here too, because perhaps no reader advances.
  }

  /** @throws {TooLongError} if it is too long to keep; its readers get all of it nevertheless */
  end(): Uint8Array {
    if (!this.#isPassing) return this.#blocks.whole(); // Readers that are behind continue from that one array.
    this.finish("ok");
    throw new TooLongError(this.#limit);
  }

  /** Ends every reader's connection: with `ok` cleanly after the last byte, otherwise at once with a reset. */
  finish(ending: Ending): void {
    this.#ending ??= ending;
    this.#feed();
  }

  /** Why all readers are reset at once, if they are. */
  get failure(): Ending | undefined {
    return this.#ending === "ok" ? undefined : this.#ending;
  }

  /** The bytes from `position` on; after the last byte, how it ended; undefined if more is to come. */
  after(position: number): Uint8Array | Ending | undefined {
    return this.failure ?? this.#blocks.from(position) ?? this.#ending;
  }

  /** A reader advanced from one position to another. */
  advanced(from: number, to: number): void {
    if (to >= this.#blocks.firstEnd) this.#passed(from);
  }

  get #isPassing(): boolean {
    return this.#blocks.end > this.#limit;
  }

  /** A reader at `position` left or moved on; if it was the last one in the first block, that block is dropped. */
  #passed(position: number): void {
    if (!this.#isPassing || position >= this.#blocks.firstEnd || --this.#slowest > 0) return;
    this.#drop();
    this.#setPace();
  }

  /** The first client to join in a turn begins at once, the others in the following turns. */
  #letBegin(reader: LiveReader): void {
    if (this.#newcomers) return void this.#newcomers.push(reader);
    const newcomers: LiveReader[] = (this.#newcomers = []);
    reader.advance();
    this.#clock.nextTurn(() =>
      inTurns(
        this.#clock,
        newcomers.values(), // Clients that join meanwhile are included.
        (each) => this.#readers.has(each) && each.advance(),
        () => (this.#newcomers = undefined),
      ),
    );
  }

  /** Sends new bytes to all readers, a batch per turn, so that others are served in between. */
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

  /** Drops the bytes that every reader has. */
  #drop(): void {
    const positions = Array.from(this.#readers, ({ position }) => position);
    this.#blocks.drop(positions.reduce((least, each) => Math.min(least, each), this.#blocks.end));
    const { firstEnd } = this.#blocks;
    this.#slowest = positions.filter((each) => each < firstEnd).length;
  }

  /** Slows an answer that is not kept down to its slowest reader. */
  #setPace(): void {
    if (!this.#isPassing) return;
    if (this.#blocks.end - this.#blocks.start > WINDOW) this.#source?.pauseReading();
    else this.#source?.resumeReading();
  }
}
