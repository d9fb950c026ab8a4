import type { Route, TcpAddress } from "./address.ts";
import type { Ending } from "./ending.ts";
import type { ConnectionLostError } from "./errors.ts";

/** What a connection remembers of its peer's stay, for whoever watches: services note what net cannot know. */
export interface Visit {
  /**
   * Who is at the other end. The first look costs a system call and memory; after the end of the connection it is known
   * only if somebody looked before.
   */
  readonly peer: TcpAddress;
  /** Where the peer connected to: the same holds. */
  readonly destination: TcpAddress;
  /** Bytes of the answer that the kernel took. */
  readonly bytesOut: number;
  /** Bytes that came. */
  readonly bytesIn: number;
  /** How it ended, once it has. */
  readonly ending: Ending | undefined;
  /** Whether it was ended by a reset of ours. */
  readonly isReset: boolean;
  /** Its place among all connections, and when it came, by the clock: noted where an access log is kept. */
  number: number | undefined;
  arrivedAt: number | undefined;
  /** How the service answered, in a word of its own, such as "hit". */
  status: string | undefined;
  /** The request, if there was one. */
  request: Uint8Array | undefined;
  /** The number of the fetch that the answer came from. */
  fetch: number | undefined;
  /** Milliseconds since the answer was stored; absent for one that was not. */
  age: number | undefined;
  /** Milliseconds from the request until the answer was there; absent for those who did not wait. */
  waitedMs: number | undefined;
  /** More than the ending says, such as a limit that was exceeded. */
  detail: string | undefined;
}

/** What a protocol may ask of a connection. Every call after its end is ignored. */
export interface Transport extends Visit {
  /** Who is at the other end has said that it speaks for somebody else: its peer and destination from now on. */
  introduce(route: Route): void;
  /** Bytes accepted by `write` that the kernel has not taken yet. */
  readonly unsent: number;
  /** Sends `bytes` after all written before; they are kept, not copied, until the kernel has them. */
  write(bytes: Uint8Array): void;
  /** From now on nothing that was written waits in the kernel for more to go with it, as the end of an answer does for its FIN. */
  sendAtOnce(): void;
  /**
   * Sends what was written, then ends cleanly (FIN). What the peer still sends is read and thrown away.
   *
   * @param ending why, unless the peer got its whole answer: some protocols say "no" this way
   */
  close(ending?: Ending): void;
  /** Sends what was written, then ends our side only: what the peer sends is still received. */
  closeOutput(): void;
  /** Ends at once with a reset (RST), and says why: the peer must not take what it has for the whole. */
  abort(ending: Ending): void;
  /** Ends at once with a reset because of a bug of ours, which is told. */
  fail(error: unknown): void;
  /** Whether the peer has to wait, because of `pauseReading`. */
  readonly isPaused: boolean;
  /** Takes no more from the kernel, so that the peer has to wait. */
  pauseReading(): void;
  resumeReading(): void;
}

/** What a connection tells its protocol. What a protocol does not listen to is thrown away. */
export interface Protocol {
  /** The connection stands: called before anything else, if the protocol was not made for one connection. */
  connectionMade?(transport: Transport): void;
  /** `bytes` are the protocol's to keep. */
  dataReceived?(bytes: Uint8Array): void;
  /** The peer sent all it will ever send, and ended cleanly. We may still write. */
  inputEnded?(): void;
  /** The kernel took some more of what was written, but not all. */
  advanced?(): void;
  /** All that was written is with the kernel, after some of it had to wait. */
  writable?(): void;
  /** The service is to stop: whoever has not begun anything may end now. */
  draining?(): void;
  /** The last call. `error` is absent when both sides ended cleanly. */
  connectionLost?(error?: ConnectionLostError): void;
}

/** What a connection needs from whoever made it. */
export interface ConnectionOwner<C> {
  /** Whether its sockets are Unix sockets: they have no addresses, and no resets. */
  readonly isUnix: boolean;
  /** The kernel took a part only: the peer reads slowly, or not at all. Called again whenever it takes some more. */
  stalled(connection: C): void;
  /** The kernel has all that was written, after it had stalled. */
  flowing(connection: C): void;
  /** Our side has ended: the peer has not hung up yet. */
  lingering(connection: C): void;
  /** The peer has hung up, but not read everything. Called only if the owner waits for that. */
  held(connection: C): void;
  /** The peer has said another MiB after our end. */
  talking(connection: C): void;
  /** Whether a peer that has ended its side is to be kept until it has read everything. */
  readonly waitsForReaders: boolean;
  /** The last call for this connection, after its protocol was told. */
  released(connection: C): void;
  /** A protocol threw: a bug of ours. The connection has been reset. */
  protocolFailed(error: unknown): void;
}
