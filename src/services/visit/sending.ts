import type { Kept } from "../../cache/memory-store.ts";
import type { Deferred } from "../../deferred/mod.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Unread } from "../unread.ts";
import { IGNORES_INPUT, isOver } from "./waiting.ts";

/** A client that may read its answer slowly; the unsent rest is held and accounted for. */
export class Reading implements Protocol {
  protected readonly client: Transport;
  protected readonly unread: Unread;

  constructor(client: Transport, unread: Unread) {
    this.client = client;
    this.unread = unread;
  }

  advanced(): void {
    this.unread.advanced(this.client);
  }

  writable(): void {
    this.unread.release(this.client);
  }

  connectionLost(): void {
    this.unread.release(this.client);
  }
}

/** A client that waits for its answer; if it leaves, the wait is cancelled. */
export class AwaitingAnswer extends Reading {
  readonly #awaited: Deferred;

  constructor(client: Transport, unread: Unread, awaited: Deferred) {
    super(client, unread);
    this.#awaited = awaited;
  }

  override connectionLost(): void {
    super.connectionLost();
    if (!isOver(this.#awaited)) this.#awaited.cancel();
  }
}

/** Sends a complete answer and closes. Bytes that the kernel does not accept at once are held. */
export function sendAnswer(client: Transport, answer: Kept, bytes: Uint8Array, unread: Unread): void {
  client.write(bytes);
  client.close();
  if (client.unsent > 0) unread.hold(client, answer, bytes.byteLength);
}

/** The protocol of a client after sendAnswer(). */
export function afterSending(client: Transport, unread: Unread): Protocol {
  return client.unsent > 0 ? new Reading(client, unread) : IGNORES_INPUT;
}
