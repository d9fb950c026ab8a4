import { pauseAfter, type Backoff } from "../time/backoff.ts";
import type { Clock, DelayedCall } from "../time/clock.ts";

/** Where a Writer writes to. */
export interface Sink {
  /**
   * Takes as much from the beginning of `bytes` as there is room for, and never blocks. Calls `done`, at once or later,
   * with the number of bytes taken (0: no room now), or with an error if all are lost. It is not called again before
   * `done` is.
   */
  write(bytes: Uint8Array, done: (taken: number | Error) => void): void;
}

/** The most bytes that a Writer holds, and how many of them are reserved for the line about a gap. */
const LIMIT = 1024 * 1024;
const KEPT_FOR_GAP = 1024;

/** The pause before trying again a sink that has no room, in milliseconds. */
const PAUSE: Backoff = { first: 2, longest: 1000, spread: [1, 1] };

const NONE = new Uint8Array(0);
const LINE_END = 0x0a;

/**
 * Writes lines, all those of one turn of the event loop at once, and never blocks on the reader. Lines beyond 1 MiB of
 * unread ones, and lines that could not be written, are dropped, counted, and reported once there is room again.
 */
export class Writer {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #gapLine: (dropped: number) => string;
  /** Lines not yet handed to the sink, their size in bytes, and how many lines they stand for. */
  #text = "";
  #textBytes = 0;
  #textLines = 0;
  /** What is being written: whole lines, without the part already taken. */
  #chunk = NONE;
  #chunkLines = 0;
  #dropped = 0;
  /** How many of these lines were counted as lost before: a line about a gap may be lost, too. */
  #textGap = 0;
  #chunkGap = 0;
  #lost = 0;
  /** Whether the sink has taken the beginning of a line whose end was lost. */
  #isTorn = false;
  #isTurnDue = false;
  #isWriting = false;
  #pause: DelayedCall | undefined = undefined;
  #pauses = 0;
  #flushed: (() => void)[] = [];

  /** @param gapLine formats the line about this many dropped ones */
  constructor(sink: Sink, clock: Clock, gapLine: (dropped: number) => string) {
    this.#sink = sink;
    this.#clock = clock;
    this.#gapLine = gapLine;
  }

  /** How many bytes wait to be written. */
  get held(): number {
    return this.#textBytes + this.#chunk.length;
  }

  /** How many lines have been dropped in all. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes `line`, which must end with a newline, in the next turn of the event loop. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.held + bytes > LIMIT - KEPT_FOR_GAP) {
      this.#dropped++;
      this.#lost++;
      return;
    }
    this.#tellGap();
    this.#gather(line, bytes, 1);
    this.#writeSoon();
  }

  /** Writes as much as there is room for now, before something else changes the sink. */
  writeNow(): void {
    this.#advance();
  }

  /** Tries again at once, and calls `done` when everything has been written: never, if the reader has stopped. */
  flush(done: () => void): void {
    this.#flushed.push(done);
    this.#tellGap();
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#pauses = 0;
    this.#advance();
  }

  /** Adds the line about dropped lines, if there are any. */
  #tellGap(): void {
    if (this.#dropped === 0) return;
    const line = this.#gapLine(this.#dropped);
    this.#gather(line, Buffer.byteLength(line), this.#dropped);
    this.#textGap += this.#dropped;
    this.#dropped = 0;
  }

  #gather(line: string, bytes: number, lines: number): void {
    this.#text += line;
    this.#textBytes += bytes;
    this.#textLines += lines;
  }

  #writeSoon(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#clock.nextTurn(() => {
      this.#isTurnDue = false;
      this.#advance();
    });
  }

  /** Hands the next chunk to the sink, unless it still works on the last one or has no room. */
  #advance(): void {
    if (this.#isWriting || this.#pause) return;
    if (this.#chunk.length === 0 && !this.#takeUp()) {
      for (const done of this.#flushed.splice(0)) done();
      return;
    }
    this.#isWriting = true;
    this.#sink.write(this.#chunk, (taken) => {
      this.#isWriting = false;
      if (typeof taken !== "number") this.#lose();
      else if (taken === 0) this.#waitForRoom();
      else this.#goOn(taken);
    });
  }

  /** Makes the waiting lines the next chunk; false if there are none. A torn line is ended first. */
  #takeUp(): boolean {
    if (this.#text === "") return false;
    this.#chunk = Buffer.from(this.#isTorn ? `\n${this.#text}` : this.#text);
    this.#chunkLines = this.#textLines;
    this.#chunkGap = this.#textGap;
    this.#text = "";
    this.#textBytes = 0;
    this.#textLines = 0;
    this.#textGap = 0;
    return true;
  }

  /** The sink has taken some of the chunk. */
  #goOn(taken: number): void {
    this.#pauses = 0;
    const isWhole = taken === this.#chunk.length;
    this.#isTorn = !isWhole && this.#chunk[taken - 1] !== LINE_END;
    this.#chunk = this.#chunk.subarray(taken);
    if (isWhole && this.#text === "") this.#tellGap(); // Now, because no other line may come.
    this.#advance();
  }

  /** The sink failed, and the chunk is lost. The sink is tried again with the next lines. */
  #lose(): void {
    this.#dropped += this.#chunkLines;
    this.#lost += this.#chunkLines - this.#chunkGap;
    this.#chunk = NONE;
    if (this.#text === "") this.#advance();
    else this.#writeSoon();
  }

  #waitForRoom(): void {
    this.#pause = this.#clock.callLater(pauseAfter(++this.#pauses, PAUSE), () => {
      this.#pause = undefined;
      this.#advance();
    });
  }
}
