import type { Kept } from "../cache/memory-store.ts";
import type { Transport } from "../net/transport.ts";
import type { Budget } from "./budget.ts";

/** An answer that clients have not read completely. */
interface Held {
  readonly bytes: number;
  /** How many such clients. */
  clients: number;
  /** Whether the budget counts it: not while it is an entry. */
  isCounted: boolean;
}

/** Answers held for clients that do not read them: if no memory is left, the client that has stalled longest is reset. */
export class Unread {
  readonly #budget: Budget;
  readonly #answers = new Map<Kept, Held>();
  /** What each client holds; the one that read most recently comes last. */
  readonly #clients = new Map<Transport, Kept>();

  /** Answers that the budget counts. */
  #counted = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
    budget.whenOverLimit((bytes) => this.#relieve(bytes));
  }

  /** `client` has not taken all of an answer of that many bytes. */
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
    this.#clients.delete(client); // A Map keeps the position of existing keys.
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

  /** An answer of that many bytes is no longer an entry: only clients that have not read it hold it. */
  dropped(answer: Kept, bytes: number): void {
    const held = this.#answers.get(answer);
    if (!held) return this.#budget.discarded(bytes);
    if (held.isCounted) return;
    held.isCounted = true;
    this.#counted++;
    this.#budget.count(held.bytes);
    this.#relieve();
  }

  /** Resets clients until there is room for `bytes`; but one answer is sent in any case, if it can fit at all. */
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
