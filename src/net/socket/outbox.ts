/** What an outbox needs of a socket: Bun's `write`, always with all three arguments. */
export interface Sink {
  /** Writes as many bytes as the kernel accepts and returns how many; -1 if the connection is gone. */
  write(bytes: Uint8Array, offset: number, length: number): number;
}

/** The result of a flush: everything sent, the kernel's buffer is full, or the connection is gone. */
export type Flushed = "empty" | "full" | "lost";

/**
 * Bytes that the kernel has not accepted yet. Thousands of clients may share one answer, so an outbox holds references
 * and an offset, never a copy.
 */
export class Outbox {
  #current: Uint8Array | undefined = undefined;
  #offset = 0;
  #later: Uint8Array[] | undefined = undefined;
  #sent = 0;

  /** Bytes that the kernel has accepted. */
  get sent(): number {
    return this.#sent;
  }

  get isEmpty(): boolean {
    return this.#current === undefined;
  }

  /** Bytes still to send. */
  get unsent(): number {
    const later = this.#later?.reduce((sum, bytes) => sum + bytes.length, 0) ?? 0;
    return (this.#current?.length ?? 0) - this.#offset + later;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return; // An empty write would look like a full buffer.
    if (this.#current === undefined) this.#current = bytes;
    else (this.#later ??= []).push(bytes);
  }

  /** Writes as much as the kernel accepts. After "full", call again when the socket is writable. */
  flush(sink: Sink): Flushed {
    while (this.#current !== undefined) {
      const length = this.#current.length - this.#offset;
      const taken = sink.write(this.#current, this.#offset, length);
      if (taken < 0) {
        this.clear();
        return "lost";
      }
      this.#sent += taken;
      if (taken < length) {
        this.#offset += taken;
        return "full";
      }
      this.#current = this.#later?.shift();
      this.#offset = 0;
    }
    return "empty";
  }

  /** Drops all unsent bytes. */
  clear(): void {
    this.#current = undefined;
    this.#later = undefined;
    this.#offset = 0;
  }
}
