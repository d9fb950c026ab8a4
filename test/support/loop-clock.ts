import { ManualClock } from "../../src/time/manual-clock.ts";

/** A clock whose timers wait for `advance()`, but whose turns are those of the event loop. */
export class LoopClock extends ManualClock {
  override nextTurn(fn: () => void): void {
    setImmediate(fn);
  }
}
