import type { Kept } from "../cache/memory-store.ts";
import type { Transport } from "../net/transport.ts";
import type { Budget } from "./budget.ts";

/** An answer that clients have not read all of. */
interface Held {
  readonly bytes: number;
  /** How many of them. */
  clients: number;
  /** Whether the budget counts it: not while it is an entry. */
  isCounted: boolean;
}

/** Answers that are held for clients that do not read them: where there is no memory left, who has stalled longest is reset. */
export class Unread {
  readonly #budget: Budget;
  readonly #answers = new Map<Kept, Held>();
  /** What each client holds; who has read something latest comes last. */
  readonly #clients = new Map<Transport, Kept>();

  /** Answers that the budget counts. */
  #counted = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
    budget.whenOverLimit((bytes) => this.#relieve(bytes));
  }

  /** `client` has not taken all of an answer of so many bytes. */
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

  /** `client` has taken some more. */
  advanced(client: Transport): void {
    const answer = this.#clients.get(client);
    if (!answer) return;
    this.#clients.delete(client); // A Map keeps the place of what it has already.
    this.#clients.set(client, answer);
  }

  /** `client` has taken everything, or gone. */
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

  /** An answer of so many bytes is not an entry any more: those who have not read it hold it alone. */
  dropped(answer: Kept, bytes: number): void {
    const held = this.#answers.get(answer);
    if (!held) return this.#budget.discarded(bytes);
    if (held.isCounted) return;
    held.isCounted = true;
    this.#counted++;
    this.#budget.count(held.bytes);
    this.#relieve();
  }

  /** Resets clients until there is room for `bytes`; but one answer is sent in any case, if there can be room at all. */
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
