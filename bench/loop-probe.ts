/** The longest turn of an event loop, in milliseconds. */
export interface LongestTurn {
  /** Wall-clock time: what a client notices. */
  readonly elapsed: number;
  /** CPU time of the process in that turn; far less than `elapsed` if others had the CPU. */
  readonly cpu: number;
}

/** Measures every turn of the event loop by always requesting another one, which keeps a core busy. */
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
