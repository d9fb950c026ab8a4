import type { Writer } from "../../observe/writer.ts";
import type { Clock } from "../../time/clock.ts";

/** Milliseconds between two drawings: nobody reads faster. */
const REDRAW_MS = 100;

/** For a terminal that does not know its size, such as one behind a serial line: it says 0. */
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

/** The part of a terminal that is drawn on. */
export interface Terminal {
  /** Its width: a longer line would wrap, and be only half erased. */
  readonly columns: number;
  /** Its height: the cursor does not go up to lines that have left it. */
  readonly rows: number;
  /** Whether there is no room for what was written before. */
  isBehind(): boolean;
  write(text: string): unknown;
}

/** The terminal on standard error: drawings keep their order among the lines of the log, and nothing waits for them. */
export class LogTerminal implements Terminal {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  get columns(): number {
    return process.stderr.columns || USUAL_COLUMNS;
  }

  get rows(): number {
    return process.stderr.rows || USUAL_ROWS;
  }

  isBehind(): boolean {
    this.#writer.writeNow();
    return this.#writer.held > 0;
  }

  /** Now: a poem may be printed over it next. */
  write(text: string): void {
    this.#writer.write(text);
    this.#writer.writeNow();
  }
}

interface Line {
  readonly text: string;
  /** Whether it does not change any more. */
  readonly isFinal: boolean;
}

/** A line per server, redrawn in place on a terminal while poems arrive. */
export class Progress {
  readonly #lines: Line[];
  readonly #clock: Clock;
  readonly #terminal: Terminal;
  #drawn = 0;
  #drawnAt = -Infinity;
  readonly #showsPoems: boolean;
  /** Whether what was printed last has no line feed at its end. */
  #isMidLine = false;

  /**
   * @param names of the servers, in the order of their lines
   * @param showsPoems whether the poems are printed on the same terminal
   */
  constructor(names: readonly string[], clock: Clock, terminal: Terminal, showsPoems: boolean) {
    this.#lines = names.map((name) => ({ text: `${name}: connecting`, isFinal: false }));
    this.#showsPoems = showsPoems;
    this.#clock = clock;
    this.#terminal = terminal;
    this.#draw();
  }

  /** Changes the line of server `index`; `final` ones are drawn without delay, but none on a terminal that has stopped. */
  update(index: number, text: string, final = false): void {
    this.#lines[index] = { text, isFinal: final };
    if (this.#terminal.isBehind()) return;
    if (final || this.#clock.now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** Erases the lines, so that something else can be printed in their place; the next update draws them again. */
  erase(): void {
    if (this.#drawn > 0) this.#terminal.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
    this.#drawnAt = -Infinity;
  }

  /** A poem was printed in place of the lines: they move below it. */
  printed(poem: Uint8Array): void {
    if (this.#showsPoems && poem.length > 0) this.#isMidLine = poem.at(-1) !== 0x0a;
  }

  /** Draws the lines a last time, all of them, and leaves them. */
  finish(): void {
    this.#draw(this.#lines.map(({ text }) => text));
    this.#drawn = 0;
  }

  #draw(lines = this.#linesWithRoom()): void {
    this.erase();
    const text = lines.map((line) => `${line.slice(0, this.#terminal.columns)}\n`).join("");
    this.#terminal.write(this.#isMidLine ? `\n${text}` : text);
    this.#isMidLine = false;
    this.#drawn = lines.length;
    this.#drawnAt = this.#clock.now();
  }

  /** All lines; if they do not fit, the first ones that still change, and the number of others. */
  #linesWithRoom(): string[] {
    const room = Math.max(1, this.#terminal.rows - 1); // The cursor has a line, too.
    if (this.#lines.length <= room) return this.#lines.map(({ text }) => text);
    const shown = this.#lines.filter(({ isFinal }) => !isFinal).slice(0, room - 1);
    const ended = this.#lines.filter(({ isFinal }) => isFinal).length;
    const others = this.#lines.length - shown.length;
    return [...shown.map(({ text }) => text), `and ${others} more, ${ended} of them at their end`];
  }
}
