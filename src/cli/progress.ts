import type { Clock } from "../clock.ts";

/** Milliseconds between two drawings: faster than that nobody reads. */
const REDRAW_MS = 100;

/** A line per server, redrawn in place on a terminal while their poems come in. */
export class Progress {
  readonly #lines: string[];
  readonly #write: (text: string) => void;
  readonly #clock: Clock;
  #drawn = 0;
  #drawnAt = -Infinity;

  /**
   * @param names of the servers, in the order of their lines
   * @param write puts text on the terminal
   */
  constructor(names: readonly string[], clock: Clock, write: (text: string) => void) {
    this.#lines = names.map((name) => `${name}: connecting`);
    this.#clock = clock;
    this.#write = write;
    this.#draw();
  }

  /** Changes the line of server `index`; `final` ones are drawn without delay. */
  update(index: number, line: string, final = false): void {
    this.#lines[index] = line;
    if (final || this.#clock.now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** Takes the lines away, so that something else can be printed where they were; the next update brings them back. */
  erase(): void {
    if (this.#drawn > 0) this.#write(`\x1b[${this.#drawn}A\x1b[J`);
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
    this.#write(this.#lines.map((line) => `${line}\n`).join(""));
    this.#drawn = this.#lines.length;
    this.#drawnAt = this.#clock.now();
  }
}
