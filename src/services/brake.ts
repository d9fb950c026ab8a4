import type { Source } from "./intake.ts";

/** Lets several parties pause one source independently: it resumes once none of them pauses it. */
export class Brake {
  readonly #source: Source;
  #holders = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  /** A view of the source for one party. */
  handle(): Source {
    let isHeld = false;
    return {
      pauseReading: () => {
        if (isHeld) return;
        isHeld = true;
        if (++this.#holders === 1) this.#source.pauseReading();
      },
      resumeReading: () => {
        if (!isHeld) return;
        isHeld = false;
        if (--this.#holders === 0) this.#source.resumeReading();
      },
    };
  }
}
