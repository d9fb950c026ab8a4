import type { Route, TcpAddress } from "./address.ts";
import type { Ending } from "./ending.ts";
import type { ConnectionLostError } from "./errors.ts";

/** The facts about a peer's stay, for observers; services note those that net cannot know. */
export interface Visit {
  /**
   * The peer. The first access costs a system call and memory; after the end of the connection it is known only if it was
   * accessed before.
   */
  readonly peer: TcpAddress;
  /** The address that the peer connected to. Access has the same cost. */
  readonly destination: TcpAddress;
  /** Bytes of the answer that the kernel took. */
  readonly bytesOut: number;
  /** Bytes received. */
  readonly bytesIn: number;
  /** How it ended, once it has ended. */
  readonly ending: Ending | undefined;
  /** Whether we ended it with a reset. */
  readonly isReset: boolean;
  /** Its number among all connections, and when it came, by the clock: set if there is an access log. */
  number: number | undefined;
  arrivedAt: number | undefined;
  /** How the service answered, in one of its own words, such as "hit". */
  status: string | undefined;
  /** The request, if there was one. */
  request: Uint8Array | undefined;
  /** The number of the fetch that the answer came from. */
  fetch: number | undefined;
  /** Milliseconds since the answer was stored; absent for one that was not. */
  age: number | undefined;
  /** Milliseconds from the request to the answer; absent if the client did not wait. */
  waitedMs: number | undefined;
  /** Details of the ending, such as the limit that was exceeded. */
  detail: string | undefined;
}

/** A connection, as a protocol uses it. Calls after its end are ignored. */
export interface Transport extends Visit {
  /** The peer has announced that it speaks for another client, whose route replaces its own. */
  introduce(route: Route): void;
  /** Bytes accepted by `write` that the kernel has not taken yet. */
  readonly unsent: number;
  /** Asks the kernel how many bytes it holds that have not reached the peer; undefined if it cannot be asked. For deadlines. */
  unread(): number | undefined;
  /** Sends `bytes` after all written before; they are kept, not copied, until the kernel has them. */
  write(bytes: Uint8Array): void;
  /** From now on, the kernel sends small writes at once, instead of waiting for more, as it does to send the end of an answer with its FIN. */
  sendAtOnce(): void;
  /**
   * Sends everything written, then ends cleanly (FIN). Further input is read and discarded.
   *
   * @param ending the reason, unless the peer got its whole answer: some protocols say "no" this way
   */
  close(ending?: Ending): void;
  /** Sends everything written, then ends our side only: input is still received. */
  closeOutput(): void;
  /** Ends at once with a reset (RST), with the reason: the peer must not take what it has for a whole answer. */
  abort(ending: Ending): void;
  /** Ends at once with a reset because of a bug of ours, which is reported. */
  fail(error: unknown): void;
  /** Whether reading is paused. */
  readonly isPaused: boolean;
  /** Stops reading, so that the peer has to wait. */
  pauseReading(): void;
  resumeReading(): void;
}

/** The events of a connection, as a protocol receives them. Input is discarded if there is no method for it. */
export interface Protocol {
  /** The connection is established: called first, if the protocol was not made for this connection. */
  connectionMade?(transport: Transport): void;
  /** The protocol may keep `bytes`. */
  dataReceived?(bytes: Uint8Array): void;
  /** The peer has ended its side cleanly. We may still write. */
  inputEnded?(): void;
  /** The kernel took some more of what was written, but not all. */
  advanced?(): void;
  /** All that was written is with the kernel, after some of it had to wait. */
  writable?(): void;
  /** The service is about to stop: a protocol that has not begun anything may close now. */
  draining?(): void;
  /** The last call. `error` is absent if both sides ended cleanly. */
  connectionLost?(error?: ConnectionLostError): void;
}

/** The creator of a connection, as the connection needs it. */
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
  /** The peer has sent another MiB after our end. */
  talking(connection: C): void;
  /** Whether to keep the connection of a peer that has ended its side until it has read everything. */
  readonly waitsForReaders: boolean;
  /** The last call for this connection, after that to its protocol. */
  released(connection: C): void;
  /** A protocol threw: a bug of ours. The connection has been reset. */
  protocolFailed(error: unknown): void;
}
