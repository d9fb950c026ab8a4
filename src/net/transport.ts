import type { Address } from "./address.ts";
import type { ConnectionLostError } from "./errors.ts";

/** What a protocol may ask of a connection. Every call after its end is ignored. */
export interface Transport {
  /** Who is at the other end. */
  readonly peer: Address;
  /** Bytes accepted by `write` that the kernel has not taken yet. */
  readonly unsent: number;
  /** Sends `bytes` after all written before; they are kept, not copied, until the kernel has them. */
  write(bytes: Uint8Array): void;
  /** Sends what was written, then ends in order (FIN). What the peer still sends is read and thrown away. */
  close(): void;
  /** Sends what was written, then ends our side only: what the peer sends is still received. */
  closeOutput(): void;
  /** Ends at once with a reset (RST): the peer must not take what it has for the whole. */
  abort(): void;
  /** Whether the peer has to wait, because of `pauseReading`. */
  readonly isPaused: boolean;
  /** Takes no more from the kernel, so that the peer has to wait. */
  pauseReading(): void;
  resumeReading(): void;
}

/** What a connection tells its protocol. */
export interface Protocol {
  /** `bytes` are the protocol's to keep. */
  dataReceived(bytes: Uint8Array): void;
  /** The peer sent all it will ever send, and ended in order. We may still write. */
  inputEnded(): void;
  /** All that was written is with the kernel, after some of it had to wait. */
  writable?(): void;
  /** The service is to stop: whoever has not begun anything may end now. */
  draining?(): void;
  /** The last call. `error` is absent when both sides ended in order. */
  connectionLost(error?: ConnectionLostError): void;
}
