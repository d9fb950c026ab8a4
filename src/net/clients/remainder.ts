import { unsentByKernel } from "../libc.ts";
import { HeldSocket } from "./held-socket.ts";

/** How many bytes a peer may send after our FIN before the owner is notified. */
const LINGER_BYTES = 1024 * 1024;

/** The rest of a connection after our FIN: bytes that the peer has not received yet, and bytes that it still sends. */
export class Remainder {
  readonly #fd: number;
  /** Replaces the socket after Bun has closed it. */
  #held: HeldSocket | undefined = undefined;
  #wasRead = false;
  #hasTalked = false;
  #discarded = 0;

  /** @param fd the descriptor of the socket */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The socket, if it is held for a peer that has hung up. */
  get held(): HeldSocket | undefined {
    return this.#held;
  }

  /** Whether the peer has sent anything after our FIN. */
  get hasTalked(): boolean {
    return this.#hasTalked;
  }

  /** How many bytes have not reached the peer; undefined if the kernel cannot tell. */
  unread(): number | undefined {
    const queued = this.#held ? this.#held.unsent : unsentByKernel(this.#fd);
    if (queued === undefined) return undefined;
    const unread = Math.max(0, queued - 1); // Our FIN counts as one until the peer has acknowledged it.
    if (unread === 0 && !this.#held?.isLost) this.#wasRead = true;
    return unread;
  }

  /** Holds the socket, which Bun closes once both sides have ended. Safe to call again. */
  hold(): void {
    this.#held ??= HeldSocket.of(this.#fd);
  }

  /** Discards bytes of the peer; returns true after every MiB. */
  discard(bytes: Uint8Array): boolean {
    this.#hasTalked = true;
    this.#discarded += bytes.length;
    if (this.#discarded <= LINGER_BYTES) return false;
    this.#discarded = 0;
    return true;
  }

  /** Whether the peer left before it had received everything, as far as is known. */
  wasLeftUnread(wasReset: boolean): boolean {
    return this.#held?.isLost === true || (wasReset && !this.#wasRead);
  }
}
