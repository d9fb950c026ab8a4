import type { Portable, Turn } from "../../cache/second-level.ts";
import { CancelledError } from "../../deferred/mod.ts";
import type { DelayedCall } from "../../time/clock.ts";
import { LONGEST_STORED } from "../entry-bytes.ts";
import { FINISH, RENEW } from "./scripts.ts";
import { shelfLife, toSharedBytes } from "./shared-bytes.ts";
import type { EntryKeys } from "./shared-keys.ts";
import { LEASE_MS, PATIENCE_MS, type RedisSurroundings } from "./surroundings.ts";

/** A lease that the server has granted to this node. */
export interface Lease {
  readonly key: string;
  readonly names: EntryKeys;
  /** The name of the service's epoch, and what it was when the lease began. */
  readonly epoch: readonly [name: string, value: string];
  /** The number of the load. */
  readonly number: string;
  readonly token: string;
}

/** Options of a LeasedTurn. */
export interface LeasedTurnOptions extends RedisSurroundings {
  /** Ends it locally; returns whether its value may be kept. */
  readonly end: () => boolean;
  /** Called if values on the server with a smaller number are outdated but could not be removed. */
  readonly owe: (number: number) => void;
}

/** An error that says how the waiters' connections end, and which answer they get, if any. */
interface Ended {
  readonly ending: string;
  readonly message: string;
  readonly answer: Uint8Array;
}

/** The lifetime of a message that is not a value. */
const KEPT_NOWHERE = { ttl: 0, grace: 0 };

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
    if (value.bytes.length > LONGEST_STORED) this.#finish("drop", value.number, this.#message("alone"));
    else if (px <= 0) this.#finish("drop", value.number);
    else this.#finish("put", value.number, toSharedBytes(this.#lease.key, value), px);
  }

  drop(value: Portable): void {
    const isLong = value.bytes.length > LONGEST_STORED;
    const message = isLong
      ? this.#message("alone")
      : this.#message("given\n", toSharedBytes(this.#lease.key, value));
    this.#finish("drop", value.number, message);
  }

  /** Makes waiters on other nodes fail, too, unless the load was only cancelled because nobody here waits for it. */
  fail(error: unknown): void {
    if (error instanceof CancelledError) return this.#finish("fail", 0);
    const { ending = "internal", message = "", answer } = (error ?? {}) as Partial<Ended>;
    if (!answer) return this.#finish("fail", 0, this.#message(`failed ${ending}\n${message.slice(0, 500)}`));
    const { key } = this.#lease;
    const { number } = this;
    const said = toSharedBytes(key, { bytes: answer, lifetime: KEPT_NOWHERE, number });
    this.#finish("fail", 0, this.#message(`said ${ending}\n`, said));
  }

  /** The message for waiters on other nodes. With `put` there is none: they find the value. */
  #message(how: string, bytes = new Uint8Array(0)): Uint8Array {
    return Buffer.concat([Buffer.from(`${this.#lease.number} ${how}`), bytes]);
  }

  /** @param number if the server cannot be reached, values with a smaller number are outdated; 0: none are */
  #finish(how: "put" | "drop" | "fail", number: number, payload: string | Uint8Array = "", px = 0): void {
    this.#renewal.cancel();
    const { breaker, link, counts, end, owe } = this.#options;
    if (how === "put") counts.put++;
    const { names, epoch, number: began, token } = this.#lease;
    const isKept = end();
    const [name, value] = epoch;
    // A void load only releases its lease: no epoch has this name.
    const args = [isKept ? value : "void", began, token, how, String(px), payload];
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
        .addErrback(() => {}); // The lease expires, and another node gets it.
    });
  }
}
