import type { Kept } from "../cache/memory-store.ts";
import type { Transport } from "../net/transport.ts";
import type { Budget } from "./budget.ts";

/** An answer that clients have not read completely. */
interface Held {
  readonly bytes: number;
  /** How many clients still read it. */
  clients: number;
  /** Whether the budget counts it here; not while it is a cache entry. */
  isCounted: boolean;
}

/** Answers held for slow clients. If no memory is left, the client that has stalled longest is reset. */
export class Unread {
  readonly #budget: Budget;
  readonly #answers = new Map<Kept, Held>();
  /** The answer that each client holds; the client that read most recently comes last. */
  readonly #clients = new Map<Transport, Kept>();

  /** How many answers the budget counts here. */
  #counted = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
    budget.whenOverLimit((bytes) => this.#relieve(bytes));
  }

  /** `client` has not read all of an answer of `bytes` bytes. */
  hold(client: Transport, answer: Kept, bytes: number): void {
    this.release(client);
    const held = this.#answers.get(answer) ?? { bytes, clients: 0, isCounted: false };
    held.clients++;
    this.#answers.set(answer, held);
    this.#clients.set(client, answer);
    if (answer.isKept || held.isCounted) return;
    held.isCounted = true;
    this.#counted++;
    this.#budget.add(bytes);
    this.#relieve();
  }

  /** `client` has read some more. */
  advanced(client: Transport): void {
    const answer = this.#clients.get(client);
    if (!answer) return;
    this.#clients.delete(client); // Setting an existing key would not move it to the end.
    this.#clients.set(client, answer);
  }

  /** `client` has read everything, or left. */
  release(client: Transport): void {
    const answer = this.#clients.get(client);
    if (!answer) return;
    this.#clients.delete(client);
    const held = this.#answers.get(answer) as Held;
    if (--held.clients > 0) return;
    this.#answers.delete(answer);
    if (!held.isCounted) return;
    this.#counted--;
    this.#budget.give(held.bytes);
    this.#budget.discarded(held.bytes);
  }

  /** An answer of `bytes` bytes is no longer a cache entry; slow clients may still hold it. */
  dropped(answer: Kept, bytes: number): void {
    const held = this.#answers.get(answer);
    if (!held) return this.#budget.discarded(bytes);
    if (held.isCounted) return;
    held.isCounted = true;
    this.#counted++;
    this.#budget.count(held.bytes);
    this.#relieve();
  }

  /**
   * Resets clients until there is room for `bytes`. The last answer is kept, unless it exceeds the absolute maximum.
   */
  #relieve(bytes = 0): void {
    for (const [client, answer] of this.#clients) {
      if (this.#budget.left >= bytes) return;
      if (this.#counted === 1 && !this.#budget.isOverCeiling(bytes)) return;
      if (!this.#answers.get(answer)?.isCounted) continue;
      this.release(client);
      client.abort("client/data/memory");
    }
  }
}
