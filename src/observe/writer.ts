import { pauseAfter, type Backoff } from "../time/backoff.ts";
import type { Clock, DelayedCall } from "../time/clock.ts";

/** The destination of the bytes of a Writer. */
export interface Sink {
  /**
   * Takes as much from the beginning of `bytes` as there is room for, and never waits. Calls `done`, at once or later, with
   * the number of bytes taken (0: no room now) or with the reason why all are lost. Not called again before that.
   */
  write(bytes: Uint8Array, done: (taken: number | Error) => void): void;
}

/** The most bytes a Writer holds, including the line about a gap. */
const LIMIT = 1024 * 1024;
const KEPT_FOR_GAP = 1024;

/** The pause before a reader that takes nothing is tried again, in milliseconds. */
const PAUSE: Backoff = { first: 2, longest: 1000, spread: [1, 1] };

const NONE = new Uint8Array(0);
const LINE_END = 0x0a;

/**
 * Writes lines, all those of one turn of the event loop at once, and never waits for the reader. Lines beyond 1 MiB of unread
 * ones, and lines that could not be written, are dropped, counted, and reported when there is room again.
 */
export class Writer {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #gapLine: (dropped: number) => string;
  /** Lines that wait for their turn, their size in bytes, and how many lines they stand for. */
  #text = "";
  #textBytes = 0;
  #textLines = 0;
  /** What is being written: whole lines, except for the part already taken. */
  #chunk = NONE;
  #chunkLines = 0;
  #dropped = 0;
  /** How many of those were dropped before: a line about a gap may itself be lost. */
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

  /** @param gapLine formats the line about that many dropped ones */
  constructor(sink: Sink, clock: Clock, gapLine: (dropped: number) => string) {
    this.#sink = sink;
    this.#clock = clock;
    this.#gapLine = gapLine;
  }

  /** Bytes that wait to be written. */
  get held(): number {
    return this.#textBytes + this.#chunk.length;
  }

  /** Lines dropped since the beginning. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes `line`, which ends with a line end, in the next turn of the event loop. */
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

  /** Writes as much as there is room for now; by the next turn, other lines could come in between. */
  writeNow(): void {
    this.#advance();
  }

  /** Calls `done` once everything has been written, which depends on the reader. */
  flush(done: () => void): void {
    this.#flushed.push(done);
    this.#tellGap();
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#pauses = 0;
    this.#advance();
  }

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

  /** Makes the next chunk, if there are lines for one. */
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

  #goOn(taken: number): void {
    this.#pauses = 0;
    const isWhole = taken === this.#chunk.length;
    this.#isTorn = !isWhole && this.#chunk[taken - 1] !== LINE_END;
    this.#chunk = this.#chunk.subarray(taken);
    if (isWhole && this.#text === "") this.#tellGap(); // There is room again, though no new line may come.
    this.#advance();
  }

  /** What the sink failed to write is lost; it is tried again with the next line. */
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
