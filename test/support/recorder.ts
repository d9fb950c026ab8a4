import type { Observer, ServiceEvent } from "../../src/services/service.ts";

type What = ServiceEvent["what"];

/** Keeps what a service reports, and lets a test wait for it. */
export class Recorder {
  readonly events: ServiceEvent[] = [];
  /** The next such event throws, as it would in an observer with a bug. */
  throwAt: What | undefined = undefined;
  #thrown = 0;
  #waiting: (() => void)[] = [];

  readonly observe: Observer = (event) => {
    this.events.push(event);
    for (const look of this.#waiting.splice(0)) look();
    if (event.what !== this.throwAt) return;
    this.throwAt = undefined;
    this.#thrown++;
    throw new Error(`bug at ${event.what}`);
  };

  /** Bugs reported that are none of those thrown here. */
  get bugs(): number {
    return Math.max(0, this.count("bug") - this.#thrown);
  }

  count(what: What): number {
    return this.events.filter((event) => event.what === what).length;
  }

  /** Resolves when `what` has been reported `times` times in all. */
  async until(what: What, times = 1): Promise<void> {
    while (this.count(what) < times) await this.next();
  }

  /** Resolves at the next event. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
