import type { Deferred } from "../../deferred/mod.ts";
import type { Protocol } from "../../net/transport.ts";

/** Discards further input. A client that half-closes still gets its answer. */
export const IGNORES_INPUT: Protocol = {};

/** A client that waits for something; if it leaves, the wait is cancelled. */
export class Waiting implements Protocol {
  readonly #awaited: Deferred;

  constructor(awaited: Deferred) {
    this.#awaited = awaited;
  }

  connectionLost(): void {
    if (!isOver(this.#awaited)) this.#awaited.cancel();
  }
}

/** Whether the outcome is known: a fired Deferred may still wait for another one. */
export function isOver({ called, paused }: Deferred): boolean {
  return called && paused === 0;
}
