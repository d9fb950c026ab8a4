import { closeDescriptor, closeWithReset, duplicate, getSocketOption, unsentByKernel } from "../libc.ts";

/**
 * The socket of a client, held open by us: Bun closes one as soon as both sides have ended, and the kernel would go on
 * sending what it holds without anybody to limit it.
 */
export class HeldSocket {
  readonly #fd: number;
  #isLost = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Holds the socket of this descriptor, which may be closed then; undefined where that cannot be done. */
  static of(fd: number): HeldSocket | undefined {
    const copy = duplicate(fd);
    return copy === undefined ? undefined : new HeldSocket(copy);
  }

  /** Bytes that the kernel still holds for the peer; 0 if it has all of them, or has gone. */
  get unsent(): number {
    this.#isLost ||= getSocketOption(this.#fd, "SO_ERROR") !== 0;
    return this.#isLost ? 0 : (unsentByKernel(this.#fd) ?? 0);
  }

  /** Whether the peer was seen to go before it had everything. */
  get isLost(): boolean {
    return this.#isLost;
  }

  close(): void {
    closeDescriptor(this.#fd);
  }

  reset(): void {
    closeWithReset(this.#fd);
  }
}
