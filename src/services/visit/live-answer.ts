import type { Clock } from "../../time/clock.ts";
import { inTurns } from "../../time/in-turns.ts";
import type { Ending } from "../../net/ending.ts";
import type { Transport } from "../../net/transport.ts";
import { TooLongError, type Sink } from "../../protocols/one-shot.ts";
import { LiveReader } from "./live-reader.ts";

/** Bytes of an answer too long to keep that may wait for its slowest reader before the upstream is made to wait. */
const WINDOW = 1024 * 1024;

/**
 * An answer while it comes in: one list of pieces, and everyone who reads along, each from the first byte and at its own
 * pace. An answer longer than `limit` is not kept but streamed through: pieces that every reader has are dropped, the
 * upstream goes no faster than the slowest reader, and nobody new can join.
 */
export class LiveAnswer implements Sink<Uint8Array> {
  readonly #clock: Pick<Clock, "nextTurn">;
  readonly #limit: number;
  readonly #readers = new Set<LiveReader>();
  readonly #pieces: Uint8Array[] = [];
  /** The number of the first piece that is still here. */
  #first = 0;
  /** How many readers have yet to get that one; known once the answer is too long to keep. */
  #slowest = 0;
  #received = 0;
  #kept = 0;
  #upstream: Transport | undefined = undefined;
  #ending: Ending | undefined = undefined;
  #isFeeding = false;
  #hasNews = false;

  /** @param limit bytes of the longest answer that may be kept */
  constructor(clock: Pick<Clock, "nextTurn">, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Whether a byte may have reached somebody: then the upstream must not be asked again. */
  get hasBegun(): boolean {
    return this.#received > 0;
  }

  /** Whether it is known how it ends; some may still read. */
  get isOver(): boolean {
    return this.#ending !== undefined;
  }

  /** Whether it still has its first byte: who comes now can read along. */
  get isJoinable(): boolean {
    return !this.#isPassing && !this.isOver;
  }

  /** Where the pieces come from: it is paused when the slowest reader is too far behind. */
  pausing(upstream: Transport): void {
    this.#upstream = upstream;
  }

  /** A client reads along from the first byte. */
  join(transport: Transport): LiveReader {
    const reader = new LiveReader(transport, this);
    this.#readers.add(reader);
    reader.advance();
    return reader;
  }

  leave(reader: LiveReader): void {
    this.#readers.delete(reader);
    this.advanced(reader.position);
  }

  take(bytes: Uint8Array): void {
    this.#received += bytes.length;
    this.#kept += bytes.length;
    this.#pieces.push(bytes);
    if (this.#isPassing) {
      if (this.#readers.size === 0) throw new TooLongError(this.#limit); // Nobody is there to get it.
      this.#drop();
    }
    this.#feed();
    this.#setPace(); // Here as well: it may be that no reader advances.
  }

  /** @throws {TooLongError} when it is too long to keep; those who read along get all of it nevertheless */
  end(): Uint8Array {
    if (!this.#isPassing) return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
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

  /** The piece with that number; how it ends, if there is none any more; nothing, if it is still to come. */
  pieceAt(index: number): Uint8Array | Ending | undefined {
    return this.failure ?? this.#pieces[index - this.#first] ?? this.#ending;
  }

  /** A reader moved past piece `from`, or left. */
  advanced(from: number): void {
    if (!this.#isPassing || from > this.#first || --this.#slowest > 0) return;
    this.#drop();
    this.#setPace();
  }

  get #isPassing(): boolean {
    return this.#received > this.#limit;
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
    let first = this.#first + this.#pieces.length;
    this.#slowest = 0;
    for (const { position } of this.#readers) {
      if (position < first) this.#slowest = 0;
      first = Math.min(first, position);
      if (position === first) this.#slowest++;
    }
    for (const { length } of this.#pieces.splice(0, first - this.#first)) this.#kept -= length;
    this.#first = first;
  }

  /** What is not to be kept comes in no faster than the slowest reader takes it. */
  #setPace(): void {
    if (!this.#isPassing) return;
    if (this.#kept > WINDOW) this.#upstream?.pauseReading();
    else this.#upstream?.resumeReading();
  }
}
