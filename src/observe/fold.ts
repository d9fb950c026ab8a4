import type { Clock } from "../time/clock.ts";
import { DeadlineQueue } from "../time/deadlines.ts";
import type { LogLevel } from "./lines.ts";

/** How long equal lines are counted instead of written, in milliseconds. */
const FOLD_MS = 1000;

/** How many characters of lines are remembered; each line also counts for its table entry. */
const MOST_CHARS = 128 * 1024;
const ENTRY_CHARS = 200;

/** A written line, and how many equal ones have followed. */
export interface Folded {
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: object | undefined;
  /** Lines with equal keys are equal. */
  readonly key: string;
  count: number;
}

/**
 * Folds equal lines into one. The first is written at once, so that nothing is delayed; those of the next second are
 * only counted, and then written as one. While more keep coming, that makes one line per second.
 */
export class Fold {
  readonly #lines = new Map<string, Folded>();
  readonly #ends: DeadlineQueue<Folded>;
  readonly #write: (folded: Folded) => void;
  #chars = 0;

  /** @param write writes a line that stands for `folded.count` equal ones */
  constructor(clock: Clock, write: (folded: Folded) => void) {
    this.#write = write;
    this.#ends = new DeadlineQueue(clock, FOLD_MS, (folded) => this.#end(folded));
  }

  /** Counts a line and returns true, if an equal one was written less than a second ago; otherwise remembers it. */
  folds(level: LogLevel, key: string, text: string, fields: object | undefined): boolean {
    const known = this.#lines.get(key);
    if (!known) this.#remember({ level, key, text, fields, count: 0 });
    if (known?.level !== level) return false;
    known.count++;
    return true;
  }

  /** Writes what has been counted so far, and forgets all lines: at the end of the process, and when memory is full. */
  flush(): void {
    for (const folded of this.#lines.values()) {
      if (folded.count > 0) this.#write(folded);
      this.#ends.delete(folded);
    }
    this.#lines.clear();
    this.#chars = 0;
  }

  #remember(line: Folded): void {
    const chars = charsOf(line);
    if (chars > MOST_CHARS) return;
    if (this.#chars + chars > MOST_CHARS) this.flush(); // Their seconds end early; no line is lost.
    this.#lines.set(line.key, line);
    this.#chars += chars;
    this.#ends.restart(line);
  }

  /** The second of a line is over. If equal lines came, another second begins; otherwise it is forgotten. */
  #end(folded: Folded): void {
    if (folded.count > 0) {
      this.#write(folded);
      folded.count = 0;
      this.#ends.restart(folded);
    } else {
      this.#lines.delete(folded.key);
      this.#chars -= charsOf(folded);
    }
  }
}

/** What it costs to remember a line, in characters. */
function charsOf({ text, key }: Folded): number {
  return text.length + key.length + ENTRY_CHARS;
}

/** "Using cached poem, 4,210 times." */
export function timesText({ text, count }: Folded): string {
  if (count === 1) return text;
  const stop = text.endsWith(".") ? "." : "";
  const number = String(count).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${text.slice(0, text.length - stop.length)}, ${number} times${stop}`;
}
