import type { Socket } from "bun";

/** Bytes that go out as fast as the other side takes them: a socket's `data`. */
export class SlowWriting {
  readonly #parts: Uint8Array[] = [];
  #done: () => void = () => {};

  /** @param done is called when the kernel has all of them */
  send(socket: Socket<SlowWriting>, parts: readonly Uint8Array[], done: () => void = () => {}): void {
    this.#parts.push(...parts);
    this.#done = done;
    this.go(socket);
  }

  /** There is room again. */
  go(socket: Socket<SlowWriting>): void {
    for (let [part] = this.#parts; part; [part] = this.#parts) {
      const taken = Math.max(0, socket.write(part)); // Below 0: it was reset, and `close` follows.
      if (taken < part.length) {
        this.#parts[0] = part.subarray(taken);
        return;
      }
      this.#parts.shift();
      if (this.#parts.length === 0) this.#done();
    }
  }
}
