import type { Socket } from "bun";

/** Writes bytes as fast as the peer reads them; the `data` of a socket. */
export class SlowWriting {
  readonly #parts: Uint8Array[] = [];
  #done: () => void = () => {};

  /** @param done called when the kernel has accepted everything */
  send(socket: Socket<SlowWriting>, parts: readonly Uint8Array[], done: () => void = () => {}): void {
    this.#parts.push(...parts);
    this.#done = done;
    this.go(socket);
  }

  /** Continues when the socket is writable. */
  go(socket: Socket<SlowWriting>): void {
    for (let [part] = this.#parts; part; [part] = this.#parts) {
      const taken = Math.max(0, socket.write(part)); // Below 0 after a reset: `close` follows.
      if (taken < part.length) {
        this.#parts[0] = part.subarray(taken);
        return;
      }
      this.#parts.shift();
      if (this.#parts.length === 0) this.#done();
    }
  }
}
