import type { Clock } from "../../time/clock.ts";

/** Milliseconds between two drawings: faster than that nobody reads. */
const REDRAW_MS = 100;

/** The part of a terminal that is drawn on. */
export interface Terminal {
  /** Its width: a longer line would take two, and be only half erased. */
  readonly columns: number;
  write(text: string): unknown;
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

  /** Changes the line of server `index`; `final` ones are drawn without delay. */
  update(index: number, line: string, final = false): void {
    this.#lines[index] = line;
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
