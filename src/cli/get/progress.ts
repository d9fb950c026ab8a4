import type { Writer } from "../../observe/writer.ts";
import type { Clock } from "../../time/clock.ts";

/** The shortest time between two drawings, in milliseconds: nobody reads faster. */
const REDRAW_MS = 100;

/** The size of a terminal that does not know it, such as a serial line, and says 0. */
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

/** The part of a terminal that is drawn on. */
export interface Terminal {
  /** Its width, in characters: a longer line would wrap, and could not be erased. */
  readonly columns: number;
  /** Its height, in lines: the cursor cannot go up to lines that have scrolled away. */
  readonly rows: number;
  /** Whether earlier output is still unwritten, because nobody reads it. */
  isBehind(): boolean;
  write(text: string): unknown;
}

/** The terminal on standard error, by way of the log's writer: that keeps the order, and never blocks. */
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

  /** Writes at once, because a poem may be printed to the same terminal next. */
  write(text: string): void {
    this.#writer.write(text);
    this.#writer.writeNow();
  }
}

/** What is shown of one server. */
interface Line {
  readonly text: string;
  /** Whether it is done, well or not. */
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
  /** Whether the last poem did not end with a line feed. */
  #isMidLine = false;

  /**
   * @param names the servers, in the order of their lines
   * @param showsPoems whether poems are printed on the same terminal
   */
  constructor(names: readonly string[], clock: Clock, terminal: Terminal, showsPoems: boolean) {
    this.#lines = names.map((name) => ({ text: `${name}: connecting`, isFinal: false }));
    this.#showsPoems = showsPoems;
    this.#clock = clock;
    this.#terminal = terminal;
    this.#draw();
  }

  /**
   * Changes the line of server `index`. Final ones are drawn at once; nothing is drawn while the terminal is behind.
   */
  update(index: number, text: string, final = false): void {
    this.#lines[index] = { text, isFinal: final };
    if (this.#terminal.isBehind()) return;
    if (final || this.#clock.now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** Erases the lines, so that something else can be printed instead; the next update draws them again. */
  erase(): void {
    if (this.#drawn > 0) this.#terminal.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
    this.#drawnAt = -Infinity;
  }

  /** A poem has been printed instead of the lines, which move below it. */
  printed(poem: Uint8Array): void {
    if (this.#showsPoems && poem.length > 0) this.#isMidLine = poem.at(-1) !== 0x0a;
  }

  /** Draws all lines for the last time, and leaves them there. */
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

  /** All lines; if they do not fit, the first unfinished ones, and the number of the others. */
  #linesWithRoom(): string[] {
    const room = Math.max(1, this.#terminal.rows - 1); // The cursor needs a line, too.
    if (this.#lines.length <= room) return this.#lines.map(({ text }) => text);
    const shown = this.#lines.filter(({ isFinal }) => !isFinal).slice(0, room - 1);
    const ended = this.#lines.filter(({ isFinal }) => isFinal).length;
    const others = this.#lines.length - shown.length;
    return [...shown.map(({ text }) => text), `and ${others} more, ${ended} of them finished`];
  }
}
