import { closeDescriptor, closeWithReset, duplicate, getSocketOption, unsentByKernel } from "../libc.ts";

/**
 * The socket of a client, kept open by a second descriptor. Bun closes a socket as soon as both sides have ended, after
 * which the kernel would go on sending without any limit.
 */
export class HeldSocket {
  readonly #fd: number;
  #isLost = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Holds the socket of this descriptor, which may be closed then; undefined if that is impossible. */
  static of(fd: number): HeldSocket | undefined {
    const copy = duplicate(fd);
    return copy === undefined ? undefined : new HeldSocket(copy);
  }

  /** Bytes that the kernel still holds for the peer; 0 if the peer has all of them or has gone. */
  get unsent(): number {
    this.#isLost ||= getSocketOption(this.#fd, "SO_ERROR") !== 0;
    return this.#isLost ? 0 : (unsentByKernel(this.#fd) ?? 0);
  }

  /** Whether the peer is known to have left before it had received everything. */
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
