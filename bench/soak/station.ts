import { DeafPort } from "../../test/support/deaf-port.ts";
import { ALL_MANNERS, OUTCOMES, visit, type Manners, type Outcome } from "./client.ts";
import type { Dice } from "./dice.ts";
import { Ledger } from "./ledger.ts";
import { PATIENCE_MS, type Mode } from "./modes.ts";
import { SoakedProxy } from "./soaked-proxy.ts";
import { Tally } from "./tally.ts";
import { UnreliableUpstream } from "./upstream.ts";

/** Number of concurrent clients of a station. */
const AT_ONCE = 12;
/** Longest pause between two visits; keeps the load well below what the machine can bear. */
const PAUSE_MS = 40;
/** Average time between two stalls of the proxy. */
const STALL_EVERY_MS = 5000;
/** Longer than its timeouts for upstreams, so that some stalls exceed them. */
const LONGEST_STALL_MS = 600;

/** A proxy of one mode between an upstream and clients that all misbehave, and the observations. */
export class Station {
  readonly mode: Mode;
  readonly upstream: UnreliableUpstream;
  readonly proxy: SoakedProxy;
  readonly ledger = new Ledger();
  readonly outcomes = new Tally<Outcome>(OUTCOMES);
  readonly manners = new Tally<Manners>(ALL_MANNERS);
  /** Resident memory, measured at intervals. */
  readonly memory: { readonly at: number; readonly bytes: number }[] = [];
  /** Descriptors before the first client. */
  descriptorsBefore = 0;
  readonly #dice: Dice;
  readonly #blackhole: DeafPort | undefined;
  #isClosing = false;
  #visits: Promise<void>[] = [];

  constructor(executable: string, mode: Mode, dice: Dice) {
    this.mode = mode;
    this.#dice = dice;
    this.upstream = new UnreliableUpstream({ ...mode, dice: dice.fork() });
    this.#blackhole = mode.isBlackholed ? new DeafPort() : undefined;
    const upstreams = this.#blackhole ? [this.#blackhole.port, this.upstream.port] : [this.upstream.port];
    this.proxy = new SoakedProxy(executable, mode, upstreams, this.ledger);
  }

  /** Starts the clients. */
  async open(): Promise<void> {
    const port = await this.proxy.port;
    this.descriptorsBefore = this.proxy.descriptors;
    this.#visits = Array.from({ length: AT_ONCE }, () => this.#visitAgainAndAgain(port, this.#dice.fork()));
    this.#visits.push(this.#stallAgainAndAgain(this.#dice.fork()));
  }

  /** Stops them; resolves when the last one has left. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#visits);
  }

  /** Measures the memory of the proxy, `at` seconds after the start. */
  measure(at: number): void {
    this.memory.push({ at, bytes: this.proxy.residentMemory });
  }

  /** Ends everything at once. */
  kill(): void {
    this.#isClosing = true;
    this.proxy.kill();
    this.upstream.stop();
    this.#blackhole?.[Symbol.dispose]();
  }

  async #stallAgainAndAgain(dice: Dice): Promise<void> {
    for (;;) {
      const next = performance.now() + dice.between(0, 2 * STALL_EVERY_MS);
      while (performance.now() < next) {
        if (this.#isClosing) return;
        await Bun.sleep(PAUSE_MS);
      }
      await this.proxy.stall(dice.between(1, LONGEST_STALL_MS));
    }
  }

  async #visitAgainAndAgain(port: number, dice: Dice): Promise<void> {
    const { asks } = this.mode;
    const connected = (own: number) => this.ledger.begins(own);
    while (!this.#isClosing) {
      const over = await visit({ port, dice, asks, patience: PATIENCE_MS, connected });
      const { manners, outcome } = over;
      if (over.port !== undefined) this.ledger.visited(over.port, over);
      this.manners.count(manners);
      this.outcomes.count(outcome);
      await Bun.sleep(dice.between(0, PAUSE_MS));
    }
  }
}
