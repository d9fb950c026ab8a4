import type { Clock } from "../time/clock.ts";
import { DeadlineQueue } from "../time/deadlines.ts";
import type { LogLevel } from "./lines.ts";

/** How long equal lines are counted instead of written, in milliseconds. */
const FOLD_MS = 1000;

/** How many characters of lines are remembered, including the cost of a table entry for each. */
const MOST_CHARS = 128 * 1024;
const PLACE_CHARS = 200;

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
 * Folds equal lines into one: the first is written at once, those of the next second are counted, and then written as one.
 * While more keep coming, that makes one line per second.
 */
export class Fold {
  readonly #lines = new Map<string, Folded>();
  readonly #ends: DeadlineQueue<Folded>;
  readonly #tell: (folded: Folded) => void;
  #chars = 0;

  /** @param tell writes the line that stands for `folded.count` equal ones */
  constructor(clock: Clock, tell: (folded: Folded) => void) {
    this.#tell = tell;
    this.#ends = new DeadlineQueue(clock, FOLD_MS, (folded) => this.#end(folded));
  }

  /** Whether a line is only counted, because an equal one was written less than a second ago. */
  folds(level: LogLevel, key: string, text: string, fields: object | undefined): boolean {
    const known = this.#lines.get(key);
    if (!known) this.#remember({ level, key, text, fields, count: 0 });
    if (known?.level !== level) return false;
    known.count++;
    return true;
  }

  /** Writes what has been counted so far, and forgets all lines. */
  flush(): void {
    for (const folded of this.#lines.values()) {
      if (folded.count > 0) this.#tell(folded);
      this.#ends.delete(folded);
    }
    this.#lines.clear();
    this.#chars = 0;
  }

  #remember(line: Folded): void {
    const chars = charsOf(line);
    if (chars > MOST_CHARS) return;
    if (this.#chars + chars > MOST_CHARS) this.flush(); // The seconds end early; nothing is lost.
    this.#lines.set(line.key, line);
    this.#chars += chars;
    this.#ends.restart(line);
  }

  #end(folded: Folded): void {
    if (folded.count > 0) {
      this.#tell(folded);
      folded.count = 0;
      this.#ends.restart(folded);
    } else {
      this.#lines.delete(folded.key);
      this.#chars -= charsOf(folded);
    }
  }
}

/** What remembering a line costs. */
function charsOf({ text, key }: Folded): number {
  return text.length + key.length + PLACE_CHARS;
}

/** "Using cached poem, 4,210 times." */
export function timesText({ text, count }: Folded): string {
  if (count === 1) return text;
  const stop = text.endsWith(".") ? "." : "";
  const number = String(count).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${text.slice(0, text.length - stop.length)}, ${number} times${stop}`;
}
