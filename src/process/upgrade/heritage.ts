import { closeSync } from "node:fs";
import type { LeftSocket } from "./messages.ts";

/** The listening sockets that the predecessor has handed over to this process. */
export class Heritage {
  readonly #sockets: Map<string, LeftSocket>;

  constructor(sockets: readonly LeftSocket[]) {
    this.#sockets = new Map(sockets.map((socket) => [socket.key, socket]));
  }

  /** The socket with this key; it is returned only once. */
  take({ key }: { readonly key: string }): LeftSocket | undefined {
    const socket = this.#sockets.get(key);
    this.#sockets.delete(key);
    return socket;
  }

  /** Closes the sockets that nobody took: the predecessor still has them, and serves the clients in their queues. */
  closeRest(): void {
    for (const { fd } of this.#sockets.values()) closeSync(fd);
    this.#sockets.clear();
  }
}
