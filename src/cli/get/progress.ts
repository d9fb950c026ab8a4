import type { Writer } from "../../observe/writer.ts";
import type { Clock } from "../../time/clock.ts";

/** Milliseconds between two drawings: faster than that nobody reads. */
const REDRAW_MS = 100;

/** For a terminal that does not know its width, such as one behind a serial line: it says 0. */
const USUAL_COLUMNS = 80;

/** The part of a terminal that is drawn on. */
export interface Terminal {
  /** Its width: a longer line would take two, and be only half erased. */
  readonly columns: number;
  /** Whether there is no room for what was written before. */
  isBehind(): boolean;
  write(text: string): unknown;
}

/** The terminal on standard error: what is drawn keeps its place among the lines of the log, and nothing waits for it. */
export class LogTerminal implements Terminal {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  get columns(): number {
    return process.stderr.columns || USUAL_COLUMNS;
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

/** A line per server, redrawn in place on a terminal while their poems come in. */
export class Progress {
  readonly #lines: string[];
  readonly #clock: Clock;
  readonly #terminal: Terminal;
  #drawn = 0;
  #drawnAt = -Infinity;

  /** @param names of the servers, in the order of their lines */
  constructor(names: readonly string[], clock: Clock, terminal: Terminal) {
    this.#lines = names.map((name) => `${name}: connecting`);
    this.#clock = clock;
    this.#terminal = terminal;
    this.#draw();
  }

  /** Changes the line of server `index`; `final` ones are drawn without delay, but none on a terminal that has stopped. */
  update(index: number, line: string, final = false): void {
    this.#lines[index] = line;
    if (this.#terminal.isBehind()) return;
    if (final || this.#clock.now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** Takes the lines away, so that something else can be printed where they were; the next update brings them back. */
  erase(): void {
    if (this.#drawn > 0) this.#terminal.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
    this.#drawnAt = -Infinity;
  }

  /** Draws the lines a last time and leaves them. */
  finish(): void {
    this.#draw();
    this.#drawn = 0;
  }

  #draw(): void {
    this.erase();
    this.#terminal.write(this.#lines.map((line) => `${line.slice(0, this.#terminal.columns)}\n`).join(""));
    this.#drawn = this.#lines.length;
    this.#drawnAt = this.#clock.now();
  }
}
