/** The longest turn of an event loop, in milliseconds. */
export interface LongestTurn {
  /** By the clock: what a client notices. */
  readonly elapsed: number;
  /** Processor time of the process in that turn; far less than `elapsed` if others had the processor. */
  readonly cpu: number;
}

/** Measures every turn of the event loop, by asking for one more each time: it keeps a core busy while it runs. */
export class LoopProbe {
  #began = performance.now();
  #cpuBefore = cpuOfThisProcess();
  #longest: LongestTurn = { elapsed: 0, cpu: 0 };
  #stopped = false;

  constructor() {
    this.#askForNext();
  }

  stop(): LongestTurn {
    this.#stopped = true;
    return this.#longest;
  }

  #askForNext(): void {
    setImmediate(() => {
      if (this.#stopped) return;
      this.#note();
      this.#askForNext();
    });
  }

  #note(): void {
    const now = performance.now();
    const cpu = cpuOfThisProcess();
    const elapsed = now - this.#began;
    if (elapsed > this.#longest.elapsed) this.#longest = { elapsed, cpu: cpu - this.#cpuBefore };
    this.#began = now;
    this.#cpuBefore = cpu;
  }
}

function cpuOfThisProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
