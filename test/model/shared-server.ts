import {
  DROP,
  FINISH,
  LOOK,
  POLL,
  PURGE_ALL,
  PURGE_KEY,
  READ_LOG,
  RELEASE,
  RENEW,
  type Script,
} from "../../src/stores/redis/scripts.ts";
import type { Clock } from "../../src/time/clock.ts";

/** The time at which its clock was 0, in microseconds since 1970. */
const BEGAN = 1_700_000_000_000_000;

interface Kept {
  readonly text: string;
  readonly expiresAt: number;
}

interface Logged {
  readonly id: string;
  readonly purge: readonly [node: string, kind: string, key: string];
}

type Args = readonly (string | Uint8Array)[];

/** What Redis does with our scripts, implemented again, as simply as possible; one character per byte. */
export class SharedServer {
  readonly #clock: Pick<Clock, "now">;
  #keys = new Map<string, Kept>();
  #logs = new Map<string, Logged[]>();
  #micros = "";
  #count = 0;
  #run = 1;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  get runId(): string {
    return `run ${this.#run}`;
  }

  /** Restarts it, empty. */
  restart(): void {
    this.#keys = new Map();
    this.#logs = new Map();
    this.#run++;
  }

  getBytes(key: string): Uint8Array | null {
    const text = this.#get(key);
    return text === undefined ? null : Buffer.from(text, "latin1");
  }

  run(script: Script, keys: readonly string[], args: Args): unknown {
    const work = this.#scripts.get(script);
    if (!work) throw new Error("An unknown script");
    this.#micros = String(BEGAN + Math.floor(this.#clock.now() * 1000)); // Time stands still in a script.
    return work(
      keys,
      args.map((each) => (typeof each === "string" ? each : Buffer.from(each).toString("latin1"))),
    );
  }

  readonly #scripts = new Map<Script, (keys: readonly string[], args: readonly string[]) => unknown>([
    [LOOK, (keys, args) => this.#look(keys as Five, args as Five)],
    [RENEW, ([n = "", l = ""], [token, ms]) => this.#renew(n, l, token, Number(ms))],
    [FINISH, (keys, args) => this.#finish(keys as Five, args as [...Five, string])],
    [RELEASE, (leases, tokens) => leases.forEach((lease, i) => this.#release(lease, tokens[i]))],
    [POLL, (keys, numbers) => numbers.map((number, i) => this.#poll(keys[2 * i], keys[2 * i + 1], number))],
    [DROP, ([e = "", ...values], numbers) => values.map((v, i) => this.#drop(e, v, numbers[i] as string))],
    [PURGE_KEY, ([n = "", log = "", v = ""], [node = "", key = ""]) => this.#purgeKey(n, log, v, node, key)],
    [PURGE_ALL, ([e = "", log = ""], [node = ""]) => this.#purgeAll(e, log, node)],
    [READ_LOG, (logs, reached) => logs.map((log, i) => this.#read(log, reached[i] as string))],
  ]);

  #look([e, n, l, o, v]: Five, [newerThan, floor, token, ms, waitedFor]: Five): unknown {
    let epoch = this.#get(e);
    if (epoch === undefined) this.#set(e, (epoch = this.#micros));
    const stored = this.#storedNumber(v, epoch);
    if (stored > Number(newerThan)) {
      const { text, expiresAt } = this.#keys.get(v) as Kept;
      return ["value", String(stored), expiresAt - this.#clock.now(), text.length];
    }
    const [, number, kind, rest] = /^(\d+) ([a-z]+) ?(.*)$/s.exec(this.#get(o) ?? "") ?? [];
    if (waitedFor !== "0" && number === waitedFor) return [kind, number, rest];
    const began = this.#get(n) ?? "0";
    const node = token.slice(0, token.lastIndexOf(":") + 1);
    if (this.#get(l)?.startsWith(node) === false) return ["wait", began];
    const next = String(Math.max(Number(began) + 1, Number(this.#micros), Number(floor) + 1));
    this.#set(l, token, Number(ms));
    this.#set(n, next, 3_600_000);
    return ["yours", next, epoch];
  }

  #renew(n: string, l: string, token: string | undefined, ms: number): number {
    const number = this.#get(n);
    if (token === undefined || this.#get(l) !== token) return 0;
    if (number !== undefined) this.#set(n, number, 3_600_000);
    this.#set(l, token, ms);
    return 1;
  }

  #finish([e, n, l, o, v]: Five, [epoch, number, token, how, px, payload]: [...Five, string]): number {
    this.#release(l, token);
    if (this.#get(e) !== epoch || this.#get(n) !== number) return 0;
    if (how === "put") {
      this.#set(v, `${epoch} ${number}\n${payload}`, Number(px));
      return 1;
    }
    if (how === "drop" && this.#storedNumber(v, epoch) < Number(number)) this.#keys.delete(v);
    if (payload !== "") this.#set(o, payload, 1000);
    return 1;
  }

  #release(lease: string, token: string | undefined): void {
    if (token !== undefined && this.#get(lease) === token) this.#keys.delete(lease);
  }

  #poll(n: string | undefined, l: string | undefined, number: string): number {
    return this.#get(n ?? "") === number && this.#get(l ?? "") !== undefined ? 0 : 1;
  }

  #drop(e: string, v: string, number: string): void {
    const limit = number === "inf" ? Infinity : Number(number);
    if (this.#storedNumber(v, this.#get(e)) < limit) this.#keys.delete(v);
  }

  #purgeKey(n: string, log: string, v: string, node: string, key: string): number {
    const next = String(Math.max(Number(this.#get(n) ?? "0") + 1, Number(this.#micros)));
    this.#set(n, next, 3_600_000);
    this.#note(log, [node, "key", key]);
    const isThere = this.#get(v) !== undefined;
    this.#keys.delete(v);
    return isThere ? 1 : 0;
  }

  #purgeAll(e: string, log: string, node: string): number {
    this.#set(e, String(Math.max(Number(this.#get(e) ?? "0") + 1, Number(this.#micros))));
    this.#note(log, [node, "all", ""]);
    return 0;
  }

  #note(log: string, purge: Logged["purge"]): void {
    const logged = this.#logs.get(log) ?? [];
    logged.push({ id: `${++this.#count}-${this.#run}`, purge });
    this.#logs.set(log, logged);
  }

  #read(log: string, last: string): string[] {
    const logged = this.#logs.get(log) ?? [];
    const at = logged.findIndex(({ id }) => id === last);
    const isMissed = last !== "0-0" && at < 0;
    const reached = logged.at(-1)?.id ?? "0-0";
    const news = isMissed ? [] : logged.slice(at + 1);
    return [isMissed ? "1" : "0", reached, ...news.flatMap(({ purge }) => purge)];
  }

  #storedNumber(v: string, epoch: string | undefined): number {
    const [, storedIn, number] = /^(\d+) (\d+)\n/.exec(this.#get(v) ?? "") ?? [];
    return storedIn !== undefined && storedIn === epoch ? Number(number) : 0;
  }

  #get(key: string): string | undefined {
    const kept = this.#keys.get(key);
    if (!kept || kept.expiresAt > this.#clock.now()) return kept?.text;
    this.#keys.delete(key);
    return undefined;
  }

  #set(key: string, text: string, px = Infinity): void {
    this.#keys.set(key, { text, expiresAt: this.#clock.now() + px });
  }
}

type Five = [string, string, string, string, string];
