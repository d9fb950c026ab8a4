import type { Socket } from "bun";
import type { SocketEvents, Wire } from "../socket/wire.ts";
import { unsentByKernel } from "../libc.ts";

/** A fatal alert (internal_error), unencrypted, as before the end of the handshake. */
const ALERT = Uint8Array.of(0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50);

/** With at most this many bytes in the kernel's queue, a connection is terminated by a FIN instead of a reset. */
const MOST_LEFT = 64 * 1024;

/** A socket with TLS, after its handshake. */
export class SecureWire implements Wire {
  readonly #raw: Socket<SocketEvents>;
  readonly #secure: Socket<SocketEvents>;

  /**
   * @param raw the socket on the network
   * @param secure the same socket, encrypting and decrypting
   */
  constructor(raw: Socket<SocketEvents>, secure: Socket<SocketEvents>) {
    this.#raw = raw;
    this.#secure = secure;
  }

  get remoteAddress(): string {
    return this.#secure.remoteAddress;
  }

  get remotePort(): number {
    return this.#secure.remotePort;
  }

  get localAddress(): string {
    return this.#secure.localAddress;
  }

  get localPort(): number {
    return this.#secure.localPort;
  }

  /** Bun's types lack it. */
  get fd(): number | undefined {
    return (this.#secure as { fd?: number }).fd;
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    return this.#secure.write(bytes, offset, length);
  }

  /** Half-closes: close_notify, then FIN. */
  shutdown(): void {
    this.#secure.shutdown();
  }

  /**
   * Ends both sides so that the peer cannot mistake it for a clean end. Many programs mistake a reset, or a FIN without
   * close_notify, for one, but none accepts an unencrypted alert. If much is queued, a reset follows, which drops the
   * queue; otherwise a FIN, which overtakes nothing.
   */
  terminate(): void {
    const { fd } = this;
    const unsent = fd === undefined ? undefined : unsentByKernel(fd);
    const isSent = this.#raw.write(ALERT, 0, ALERT.length) === ALERT.length;
    if (isSent && unsent !== undefined && unsent <= MOST_LEFT) this.#raw.close();
    else this.#secure.terminate();
  }

  /** Closes the socket after `shutdown`. */
  end(): void {
    this.#secure.end();
  }

  pause(): void {
    this.#secure.pause();
  }

  resume(): void {
    this.#secure.resume();
  }
}
