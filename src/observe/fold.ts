import type { Clock } from "../time/clock.ts";
import { DeadlineQueue } from "../time/deadlines.ts";
import type { LogLevel } from "./lines.ts";

/** For how long equal lines are counted instead of written. */
const FOLD_MS = 1000;

/** What may be remembered of lines, in characters, each with what its place in the table costs. */
const MOST_CHARS = 128 * 1024;
const PLACE_CHARS = 200;

/** A line that was written, and how many equal ones have come since. */
export interface Folded {
  readonly level: LogLevel;
  readonly text: string;
  /** The event it tells, if it has a name. */
  readonly event: unknown;
  count: number;
}

/**
 * Folds equal lines into one: the first is written at once, those of the next second are only counted, and then told as one.
 * While more keep coming, that is one line a second.
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

  /** Whether an equal line was written less than a second ago: then this one is counted, and not to be written. */
  repeats(level: LogLevel, text: string): boolean {
    const folded = this.#lines.get(text);
    if (folded?.level !== level) return false;
    folded.count++;
    return true;
  }

  /** Counts what equals this line, which is just being written. */
  begin(level: LogLevel, text: string, event?: unknown): void {
    const chars = text.length + PLACE_CHARS;
    if (this.#lines.has(text) || chars > MOST_CHARS) return;
    if (this.#chars + chars > MOST_CHARS) this.flush(); // The seconds end early: nothing is lost.
    const folded = { level, text, event, count: 0 };
    this.#lines.set(text, folded);
    this.#chars += chars;
    this.#ends.restart(folded);
  }

  /** Tells what was counted so far, and forgets all lines. */
  flush(): void {
    for (const folded of this.#lines.values()) {
      if (folded.count > 0) this.#tell(folded);
      this.#ends.delete(folded);
    }
    this.#lines.clear();
    this.#chars = 0;
  }

  #end(folded: Folded): void {
    if (folded.count > 0) {
      this.#tell(folded);
      folded.count = 0;
      this.#ends.restart(folded);
    } else {
      this.#lines.delete(folded.text);
      this.#chars -= folded.text.length + PLACE_CHARS;
    }
  }
}

/** "Using cached poem, 4,210 times." */
export function timesText({ text, count }: Folded): string {
  if (count === 1) return text;
  const stop = text.endsWith(".") ? "." : "";
  const number = String(count).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${text.slice(0, text.length - stop.length)}, ${number} times${stop}`;
}
