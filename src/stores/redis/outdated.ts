import type { Forget } from "../../cache/second-level.ts";
import { succeed, type Deferred } from "../../deferred/mod.ts";
import { Owed } from "../owed.ts";
import { DROP, PURGE_ALL, PURGE_KEY, RELEASE } from "./scripts.ts";
import type { SharedKeys } from "./shared-keys.ts";
import { PATIENCE_MS, type RedisSurroundings } from "./surroundings.ts";

/** Keys per call. */
const SLICE = 200;
/** Maximum number of orphaned leases that are remembered. */
const MOST_ORPHANS = 1_000;

/** Removes values on the server that must no longer be served: at once, or as soon as the server works again. */
export class Outdated {
  readonly #keys: SharedKeys;
  readonly #around: RedisSurroundings;
  readonly #owed = new Owed();
  /** Leases that may be ours though no reply said so: tokens by name. */
  readonly #orphans = new Map<string, string>();

  constructor(keys: SharedKeys, around: RedisSurroundings) {
    this.#keys = keys;
    this.#around = around;
  }

  /** Removes the value of `key` if its number is smaller; if that fails, it is owed. */
  drop(key: string, number: number): void {
    const { breaker } = this.#around;
    if (breaker.isOpen) this.owe(key, number);
    else breaker.run(() => this.remove([[key, number]])).addErrback(() => this.owe(key, number));
  }

  /** Notes a removal that is to be done when the server works again. */
  owe(key: string, number: number): void {
    this.#owed.drop(key, number);
  }

  /** The same for a purge. */
  owePurge(what: Forget): void {
    if (what !== "all" && "key" in what) this.#owed.drop(what.key);
    else this.#owed.all();
  }

  /** Notes a lease that we may have been granted, though the reply was lost. */
  noteOrphan(lease: string, token: string): void {
    if (this.#orphans.size < MOST_ORPHANS) this.#orphans.set(lease, token);
  }

  /** Does what was owed while the server failed. */
  settle(): Deferred {
    const orphans = [...this.#orphans];
    this.#orphans.clear();
    const released: Deferred = inSlices(orphans, (slice) => this.#release(slice));
    return released.addCallback(() => (this.#owed.isNothing ? undefined : this.#settleOwed()));
  }

  /** Purges one key or all. Fires with the number of values that are known to be removed. */
  purge(what: Forget): Deferred<number> {
    const { link, node } = this.#around;
    const { epoch, log } = this.#keys;
    if (what === "all" || !("key" in what))
      return link.run(PURGE_ALL, [epoch, log], [node], PATIENCE_MS).addCallback(Number);
    const { number, value } = this.#keys.of(what.key);
    const key = Buffer.from(what.key).toString("base64"); // Replies are text.
    return link.run(PURGE_KEY, [number, log, value], [node, key], PATIENCE_MS).addCallback(Number);
  }

  /** Removes values with smaller numbers; Infinity: any value. */
  remove(outdated: readonly (readonly [key: string, number: number])[]): Deferred {
    const names = outdated.map(([key]) => this.#keys.of(key).value);
    const numbers = outdated.map(([, number]) => (number === Infinity ? "inf" : String(number)));
    return this.#around.link.run(DROP, [this.#keys.epoch, ...names], numbers, PATIENCE_MS);
  }

  #settleOwed(): Deferred {
    const owed = this.#owed.take();
    const done: Deferred =
      owed === "all" ? this.purge("all") : inSlices([...owed], (slice) => this.remove(slice));
    return done.addErrback((failure) => {
      this.#owed.giveBack(owed);
      return failure;
    });
  }

  #release(orphans: readonly (readonly [lease: string, token: string])[]): Deferred {
    const leases = orphans.map(([lease]) => lease);
    const tokens = orphans.map(([, token]) => token);
    return this.#around.link.run(RELEASE, leases, tokens, PATIENCE_MS);
  }
}

/** Calls `work` with one slice of the items after another. */
function inSlices<T>(items: readonly T[], work: (slice: readonly T[]) => Deferred): Deferred {
  if (items.length === 0) return succeed();
  return work(items.slice(0, SLICE)).addCallback(() => inSlices(items.slice(SLICE), work));
}
