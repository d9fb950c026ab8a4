import type { Deferred } from "../../deferred/mod.ts";
import type { Protocol } from "../../net/transport.ts";

/** What a client still says is thrown away; if it ends its own side, it still gets its answer. */
export const IGNORES_INPUT: Protocol = {};

/** A client that waits for something: if it leaves before, the wait is cancelled. */
export class Waiting implements Protocol {
  readonly #awaited: Deferred;

  constructor(awaited: Deferred) {
    this.#awaited = awaited;
  }

  connectionLost(): void {
    if (!isOver(this.#awaited)) this.#awaited.cancel();
  }
}

/** Whether an answer has come, or will not: a Deferred that has fired may wait for another one. */
export function isOver({ called, paused }: Deferred): boolean {
  return called && paused === 0;
}
