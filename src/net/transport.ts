import type { Route, TcpAddress } from "./address.ts";
import type { Ending } from "./ending.ts";
import type { ConnectionLostError } from "./errors.ts";

/** The facts about a connection, for observers. Services set those that net cannot know. */
export interface Visit {
  /**
   * The address of the peer. The first access costs a system call and memory; after the end of the connection the
   * address is known only if it was accessed before.
   */
  readonly peer: TcpAddress;
  /** The address that the peer connected to. Access has the same cost. */
  readonly destination: TcpAddress;
  /** Bytes of the answer that the kernel accepted. */
  readonly bytesOut: number;
  /** Bytes received. */
  readonly bytesIn: number;
  /** How it ended, once it has ended. */
  readonly ending: Ending | undefined;
  /** Whether we ended it with a reset. */
  readonly isReset: boolean;
  /** Its number among all connections of the service; set if there is an access log. */
  number: number | undefined;
  /** When it was accepted, by the clock's milliseconds; set if there is an access log. */
  arrivedAt: number | undefined;
  /** How the service answered, in a word of its own, such as "hit". */
  status: string | undefined;
  /** The request, if there was one. */
  request: Uint8Array | undefined;
  /** The number of the fetch that the answer came from. */
  fetch: number | undefined;
  /** Age of a stored answer in milliseconds; absent for one that was not stored. */
  age: number | undefined;
  /** Milliseconds from the request to the answer; absent if the client did not wait. */
  waitedMs: number | undefined;
  /** Details of the ending, such as the limit that was exceeded. */
  detail: string | undefined;
}

/** A connection as a protocol sees it. Calls after its end are ignored. */
export interface Transport extends Visit {
  /** The peer, a proxy, has announced the client that it speaks for, whose route replaces its own. */
  introduce(route: Route): void;
  /** Bytes passed to `write` that the kernel has not accepted yet. */
  readonly unsent: number;
  /** How many bytes the kernel still holds for the peer; undefined if it cannot tell. To be asked at deadlines only. */
  unread(): number | undefined;
  /** Sends `bytes` after all written before. They are not copied, and must not change until the kernel has them. */
  write(bytes: Uint8Array): void;
  /** Makes the kernel send small writes at once from now on, instead of waiting for more or for the FIN. */
  sendAtOnce(): void;
  /**
   * Sends everything written, then ends cleanly (FIN). Further input is read and discarded.
   *
   * @param ending the reason, if the peer gets no complete answer: some protocols say "no" by a clean close
   */
  close(ending?: Ending): void;
  /** Sends everything written, then half-closes: input is still received. */
  closeOutput(): void;
  /** Ends at once with a reset (RST), so that the peer cannot mistake what it has for a complete answer. */
  abort(ending: Ending): void;
  /** Ends at once with a reset because of a bug, and reports it. */
  fail(error: unknown): void;
  /** Whether reading is paused. */
  readonly isPaused: boolean;
  /** Stops reading (backpressure): the peer has to wait. */
  pauseReading(): void;
  resumeReading(): void;
}

/** The events of a connection that a protocol receives. Without `dataReceived`, input is discarded. */
export interface Protocol {
  /** The connection is established. Called first, on protocols that were made before their connection. */
  connectionMade?(transport: Transport): void;
  /** The protocol may keep `bytes`. */
  dataReceived?(bytes: Uint8Array): void;
  /** The peer has half-closed. We may still write. */
  inputEnded?(): void;
  /** The kernel accepted some more of what was written, but not all. */
  advanced?(): void;
  /** The kernel has accepted everything written, after some of it had to wait. */
  writable?(): void;
  /** The service is about to stop: a protocol that has nothing under way may close now. */
  draining?(): void;
  /** The last event. `error` is absent if both sides ended cleanly. */
  connectionLost?(error?: ConnectionLostError): void;
}

/** What a connection needs of its creator. */
export interface ConnectionOwner<C> {
  /** Whether its sockets are Unix sockets, which have neither addresses nor resets. */
  readonly isUnix: boolean;
  /** The kernel accepted only a part: the peer reads slowly or not at all. Called again whenever it accepts more. */
  stalled(connection: C): void;
  /** The kernel has accepted everything written, after it had stalled. */
  flowing(connection: C): void;
  /** We have sent our FIN; the peer has not hung up yet. */
  lingering(connection: C): void;
  /** The peer has hung up but not received everything. Called only if the owner waits for readers. */
  held(connection: C): void;
  /** The peer has sent another MiB after our FIN. */
  talking(connection: C): void;
  /** Whether to keep the connection of a peer that has hung up until it has received everything. */
  readonly waitsForReaders: boolean;
  /** The last event of this connection, after the last one for its protocol. */
  released(connection: C): void;
  /** A protocol threw, which is a bug. The connection has been reset. */
  protocolFailed(error: unknown): void;
}
