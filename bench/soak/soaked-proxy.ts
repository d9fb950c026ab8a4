import type { Subprocess } from "bun";
import { descriptors, residentMemory } from "../proc.ts";
import type { Ledger } from "./ledger.ts";
import { LIMITS, type Mode } from "./modes.ts";

/** A `poetry proxy` under test, and what its log and the system say about it. */
export class SoakedProxy {
  readonly mode: Mode;
  /** Fetches under way, according to its log. */
  flights = 0;
  /** Bugs that it has reported. */
  bugs = 0;
  readonly #process: Subprocess<"ignore", "ignore", "pipe">;
  readonly #listening = Promise.withResolvers<number>();
  readonly #watched = Promise.withResolvers<string>();
  readonly #logRead: Promise<void>;
  readonly #ledger: Ledger;

  /** @param upstreams their ports, in the order in which they are tried */
  constructor(executable: string, mode: Mode, upstreams: readonly number[], ledger: Ledger) {
    this.mode = mode;
    this.#ledger = ledger;
    const argv = [
      executable,
      "proxy",
      ...upstreams.map(String),
      "--port",
      "0",
      "--metrics",
      "0",
      ...LIMITS,
      ...mode.flags,
    ];
    this.#process = Bun.spawn(argv, {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true, // Ctrl-C must not reach it: we end it ourselves.
    });
    this.#logRead = this.#readLog();
  }

  /** Where it listens, once it does. Fails if it ends instead. */
  get port(): Promise<number> {
    return this.#listening.promise;
  }

  /** Where its metrics are. */
  get metrics(): Promise<string> {
    return this.#watched.promise;
  }

  /** Bytes in RAM. */
  get residentMemory(): number {
    return residentMemory(this.#process.pid);
  }

  get descriptors(): number {
    return descriptors(this.#process.pid);
  }

  /** Stops it for that many milliseconds, as if the machine were suspended. */
  async stall(ms: number): Promise<void> {
    this.#process.kill("SIGSTOP");
    await Bun.sleep(ms);
    this.#process.kill("SIGCONT");
  }

  /** Asks it to stop, and returns its exit code: 0 if no client had to be reset. */
  async drain(): Promise<number> {
    this.#process.kill("SIGTERM");
    await this.#logRead;
    return this.#process.exited;
  }

  /** Ends it at once. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async #readLog(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#process.stderr) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() as string;
      for (const line of lines) this.#note(line);
    }
    this.#listening.reject(new Error(`The proxy "${this.mode.name}" ended: ${rest}`));
  }

  #note(line: string): void {
    // Equal lines within a second are folded into one, with their count.
    const fields = (line.startsWith("{") ? JSON.parse(line) : {}) as Line;
    const { event, address = "", msg = line, count = 1, reason = "" } = fields;
    if (msg === "client") return this.#ledger.logged(fields.client_port, fields.bytes_out ?? 0);
    if (msg === "fetch") this.#ledger.fetched(fields.attempts ?? 0);
    if (event === "metrics-opened") this.#watched.resolve(address);
    if (event === "proxying") this.#listening.resolve(Number(address.split(":").at(-1)));
    if (event === "fetching") this.flights += count;
    if (msg === "fetch" && fields.ending === "ok") this.flights--;
    if (event === "fetch-failed" && !WITHOUT_A_TURN.has(reason)) this.flights -= count;
    if (event !== "bug") return;
    this.bugs += count;
    console.error(`${this.mode.name}: ${msg}`);
  }
}

/** The fields of log lines; each line has some of them. */
interface Line {
  readonly event?: string;
  readonly msg?: string;
  readonly count?: number;
  readonly address?: string;
  readonly reason?: string;
  readonly ending?: string;
  readonly client_port?: number;
  readonly bytes_out?: number;
  readonly attempts?: number;
}

/** Why fetches fail before they begin. */
const WITHOUT_A_TURN: ReadonlySet<string> = new Set(["overflow", "late", "memory"]);
