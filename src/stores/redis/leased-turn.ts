import type { Portable, Turn } from "../../cache/second-level.ts";
import { CancelledError } from "../../deferred/mod.ts";
import type { DelayedCall } from "../../time/clock.ts";
import { LONGEST_STORED } from "../entry-bytes.ts";
import { FINISH, RENEW } from "./scripts.ts";
import { shelfLife, toSharedBytes } from "./shared-bytes.ts";
import type { EntryKeys } from "./shared-keys.ts";
import { LEASE_MS, PATIENCE_MS, type RedisSurroundings } from "./surroundings.ts";

export interface Lease {
  readonly key: string;
  readonly names: EntryKeys;
  /** The name of the service's epoch, and what it was when the lease began. */
  readonly epoch: readonly [name: string, value: string];
  readonly number: string;
  readonly token: string;
}

export interface LeasedTurnOptions extends RedisSurroundings {
  /** Ends it locally; returns whether its value may be kept. */
  readonly end: () => boolean;
  /** Values on the server with a smaller number are outdated, but could not be removed. */
  readonly owe: (number: number) => void;
}

/** An error that says how to end the waiters. */
interface Ended {
  readonly ending: string;
  readonly message: string;
}

/** The right to load a key for all nodes: renewed until it ends, and released in any case. */
export class LeasedTurn implements Turn {
  readonly number: number;
  readonly #lease: Lease;
  readonly #options: LeasedTurnOptions;
  #renewal: DelayedCall;

  constructor(lease: Lease, options: LeasedTurnOptions) {
    this.number = Number(lease.number);
    this.#lease = lease;
    this.#options = options;
    this.#renewal = this.#renewLater();
  }

  put(value: Portable): void {
    const px = Math.ceil(shelfLife(value.lifetime) - value.age);
    if (value.bytes.length > LONGEST_STORED) this.#finish("drop", value.number, "alone");
    else if (px <= 0) this.#finish("drop", value.number);
    else this.#finish("put", value.number, toSharedBytes(this.#lease.key, value), px);
  }

  drop(value: Portable): void {
    const given = value.bytes.length > LONGEST_STORED ? "alone" : toSharedBytes(this.#lease.key, value);
    this.#finish("drop", value.number, given);
  }

  /** Waiters on other nodes fail with it, unless the load was only cancelled for lack of interest here. */
  fail(error: unknown): void {
    const { ending = "internal", message = "" } = (error ?? {}) as Partial<Ended>;
    const isTold = !(error instanceof CancelledError);
    this.#finish("fail", 0, ...(isTold ? [`failed ${ending}\n${message.slice(0, 500)}`] : []));
  }

  /** @param number values with a smaller number are outdated if the server cannot be reached; 0: none */
  #finish(how: "put" | "drop" | "fail", number: number, payload: string | Uint8Array = "", px = 0): void {
    this.#renewal.cancel();
    const { breaker, link, counts, end, owe } = this.#options;
    if (how === "put") counts.put++;
    const { names, epoch, number: began, token } = this.#lease;
    const isKept = end();
    const [name, value] = epoch;
    // A void load only releases its lease: no epoch has this name.
    const args = [isKept ? value : "void", began, token, how, String(px), outcome(how, began, payload)];
    breaker
      .run(() =>
        link.run(FINISH, [name, names.number, names.lease, names.outcome, names.value], args, PATIENCE_MS),
      )
      .addErrback(() => {
        if (number > 0) owe(number);
      });
  }

  #renewLater(): DelayedCall {
    const { clock, breaker, link } = this.#options;
    const { names, token } = this.#lease;
    return clock.callLater(LEASE_MS / 3, () => {
      this.#renewal = this.#renewLater();
      breaker
        .run(() => link.run(RENEW, [names.number, names.lease], [token, String(LEASE_MS)], PATIENCE_MS))
        .addErrback(() => {}); // Somebody else will get it.
    });
  }
}

/** The message for waiters; a value speaks for itself. */
function outcome(how: string, number: string, payload: string | Uint8Array): string | Uint8Array {
  if (how === "put" || payload === "") return payload;
  if (typeof payload === "string") return `${number} ${payload}`;
  return Buffer.concat([Buffer.from(`${number} given\n`), payload]);
}
