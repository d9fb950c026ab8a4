import { pauseAfter, type Backoff } from "../time/backoff.ts";
import type { Clock, DelayedCall } from "../time/clock.ts";

/** Where the bytes of a Writer go. */
export interface Sink {
  /**
   * Takes as much from the beginning of `bytes` as there is room for, and never waits. Calls `done`, at once or later, with
   * how many it took (0: no room now) or with the reason why all of them are lost. Is not called again before that.
   */
  write(bytes: Uint8Array, done: (taken: number | Error) => void): void;
}

/** What a Writer holds at most, in bytes, with what tells of a gap. */
const LIMIT = 1024 * 1024;
const KEPT_FOR_GAP = 1024;

/** Until a reader that takes nothing is tried again. */
const PAUSE: Backoff = { first: 2, longest: 1000, spread: [1, 1] };

const NONE = new Uint8Array(0);
const LINE_END = 0x0a;

/**
 * Writes lines, all of a turn of the event loop at once, and never waits for their reader. Lines that do not fit into
 * 1 MiB of unread ones, or that nobody could be given, are dropped, counted, and told of when there is room again.
 */
export class Writer {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #gapLine: (dropped: number) => string;
  /** Lines that wait for their turn, how many bytes they are, and how many lines they stand for. */
  #text = "";
  #textBytes = 0;
  #textLines = 0;
  /** What the sink is being given: whole lines, but for those that it has taken. */
  #chunk = NONE;
  #chunkLines = 0;
  #dropped = 0;
  /** How many of those have been dropped already: what tells of a gap may itself be lost. */
  #textGap = 0;
  #chunkGap = 0;
  #lost = 0;
  /** Whether the sink has taken the beginning of a line whose end is lost. */
  #isTorn = false;
  #isTurnDue = false;
  #isWriting = false;
  #pause: DelayedCall | undefined = undefined;
  #pauses = 0;
  #flushed: (() => void)[] = [];

  /** @param gapLine the line that tells of so many dropped ones */
  constructor(sink: Sink, clock: Clock, gapLine: (dropped: number) => string) {
    this.#sink = sink;
    this.#clock = clock;
    this.#gapLine = gapLine;
  }

  /** Bytes that wait to be written. */
  get held(): number {
    return this.#textBytes + this.#chunk.length;
  }

  /** Lines that were dropped since the beginning. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes `line`, which brings its line end, in the next turn of the event loop. */
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

  /** Writes now what there is room for; in the next turn, other lines could have come between. */
  writeNow(): void {
    this.#advance();
  }

  /** Calls `done` once nothing is left to be written: no sooner than the reader takes it. */
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

  /** What the sink could not take is no more; it is tried again when there is something new to tell. */
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
