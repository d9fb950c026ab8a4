import type { SocketHandler } from "bun";
import { normalizeHost, type TcpAddress } from "./address.ts";
import type { Ending } from "./ending.ts";
import { ConnectionLostError, describeSystemError } from "./errors.ts";
import { Outbox, type Sink } from "./outbox.ts";
import type { Protocol, Transport } from "./transport.ts";

/** What a peer may say after it has its answer. */
const LINGER_BYTES = 1024 * 1024;

/** What a connection needs from whoever made it. */
export interface ConnectionOwner {
  /** The kernel took a part only: the peer reads slowly, or not at all. Called again whenever it takes some more. */
  stalled(connection: Connection): void;
  /** The kernel has all that was written, after it had stalled. */
  flowing(connection: Connection): void;
  /** Our side has ended: the peer has yet to hang up. */
  lingering(connection: Connection): void;
  /** The last call for this connection, after its protocol was told. */
  released(connection: Connection): void;
  /** A protocol threw: a bug of ours. The connection has been reset. */
  protocolFailed(error: unknown): void;
}

/** What a connection does with its socket: one of Bun's, or one that speaks TLS. */
export interface Wire extends Sink {
  readonly remoteAddress: string;
  readonly remotePort: number;
  shutdown(): void;
  terminate(): void;
  end(): void;
  pause(): void;
  resume(): void;
}

/** Who is told what happens to a socket: its `data`. */
export interface SocketEvents {
  received(bytes: Uint8Array): void;
  ended(): void;
  writable(): void;
  closed(error: Error | undefined): void;
  fail(error: unknown): void;
}

/** A Transport over one of Bun's sockets, from either side of a connection. */
export class Connection implements Transport, SocketEvents {
  #socket: Wire;
  readonly #owner: ConnectionOwner;
  /** Made for the first write: most connections of a stampede wait for long. */
  #outbox: Outbox | undefined = undefined;
  #protocol: Protocol | undefined = undefined;
  #peer: TcpAddress | undefined = undefined;
  #phase: "open" | "closing" | "lingering" | "aborted" | "lost" = "open";
  #ending: Ending | undefined = undefined;
  #isReset = false;
  #isStalled = false;
  /** Our side ends, or has ended, before the peer's answer. */
  #outputCloses = false;
  #inputEnded = false;
  #isPaused = false;
  /** A write met a reset. Bun then reports an orderly end, and the input may be cut short. */
  #writeFailed = false;
  #discarded = 0;
  #bytesIn = 0;
  status: string | undefined = undefined;
  request: Uint8Array | undefined = undefined;
  fetch: number | undefined = undefined;
  waitedMs: number | undefined = undefined;
  detail: string | undefined = undefined;

  constructor(socket: Wire, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
  }

  get peer(): TcpAddress {
    this.#peer ??= {
      host: normalizeHost(this.#socket.remoteAddress ?? "unknown"),
      port: this.#socket.remotePort ?? 0,
    };
    return this.#peer;
  }

  get bytesIn(): number {
    return this.#bytesIn;
  }

  get bytesOut(): number {
    return this.#outbox?.sent ?? 0;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  get isReset(): boolean {
    return this.#isReset;
  }

  get unsent(): number {
    return this.#outbox?.unsent ?? 0;
  }

  /** From now on all bytes go by `wire`, which goes by the socket so far. */
  secured(wire: Wire): void {
    this.#socket = wire;
  }

  /** Gives it to `protocol`; called once, first of all. */
  attach(protocol: Protocol): void {
    this.#protocol = protocol;
  }

  write(bytes: Uint8Array): void {
    if (this.#phase !== "open" || this.#outputCloses) return;
    const outbox = (this.#outbox ??= new Outbox());
    const mayFlush = outbox.isEmpty; // Else the kernel is full: wait for "writable".
    outbox.add(bytes);
    if (mayFlush) this.#flush(outbox);
  }

  close(ending: Ending = "ok"): void {
    if (this.#phase !== "open") return;
    this.#phase = "closing";
    this.#ending = ending;
    if (this.#outbox?.isEmpty ?? true) this.#shutDown();
  }

  closeOutput(): void {
    if (this.#phase !== "open" || this.#outputCloses) return;
    this.#outputCloses = true;
    if (this.#outbox?.isEmpty ?? true) this.#socket.shutdown();
  }

  abort(ending: Ending): void {
    if (this.#phase === "aborted" || this.#phase === "lost") return;
    void this.peer; // Looked up now: after a reset nobody can tell who it was.
    this.#ending = ending;
    this.#phase = "aborted";
    this.#isReset = true;
    this.#outbox?.clear();
    this.#socket.terminate(); // RST. end() and close() would send a FIN: half an answer that looks whole.
  }

  fail(error: unknown): void {
    this.abort("internal");
    this.#owner.protocolFailed(error);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pauseReading(): void {
    this.#isPaused = true;
    if (this.#phase === "open") this.#socket.pause();
  }

  resumeReading(): void {
    this.#isPaused = false;
    if (this.#phase === "open") this.#socket.resume();
  }

  /** Bun: bytes came. */
  received(bytes: Uint8Array): void {
    this.#bytesIn += bytes.length;
    if (this.#phase === "open") this.#protocol?.dataReceived?.(bytes);
    else if (this.#phase === "lingering") this.#discard(bytes);
  }

  /** Bun: the peer's FIN was read. */
  ended(): void {
    // After a failed write Bun reports an end that never came (bun.md, section 1): the input was cut off.
    if (this.#inputEnded || this.#writeFailed || this.#phase === "aborted" || this.#phase === "lost") return;
    this.#inputEnded = true;
    this.#protocol?.inputEnded?.();
  }

  /** Bun: there is room again. It says so now and then without need. */
  writable(): void {
    const outbox = this.#outbox;
    if (outbox?.isEmpty === false && this.#flush(outbox)) this.#protocol?.writable?.();
  }

  /** Bun: the socket is gone. */
  closed(error: Error | undefined): void {
    const lost = this.#describeEnd(error);
    // Bun leaves "end" out after our own shutdown: a close without an error is the peer's FIN as well.
    if (!lost) this.ended();
    if (this.#phase === "open" || this.#phase === "closing") this.#ending = this.#describeLoss();
    this.#phase = "lost";
    this.#noteFlow();
    this.#outbox?.clear();
    try {
      this.#protocol?.connectionLost?.(lost);
    } finally {
      this.#owner.released(this);
    }
  }

  /** The service is to stop. */
  draining(): void {
    if (this.#phase === "open") this.#protocol?.draining?.();
  }

  /** Closes for good: the peer did not, or kept sending. */
  hangUp(ending: Ending): void {
    if (this.#ending === "ok") this.#ending = ending;
    this.#phase = "lost";
    this.#socket.end(); // close(2): what is queued still reaches the peer.
  }

  /** True once all is with the kernel. */
  #flush(outbox: Outbox): boolean {
    const flushed = outbox.flush(this.#socket);
    if (flushed === "full") {
      this.#isStalled = true;
      this.#owner.stalled(this);
      return false;
    }
    this.#noteFlow();
    if (flushed === "lost") this.#writeFailed = true;
    else if (this.#phase === "closing") this.#shutDown();
    else if (this.#outputCloses) this.#socket.shutdown();
    return flushed === "empty";
  }

  /** What comes after the answer: read and thrown away, but not without end. */
  #discard(bytes: Uint8Array): void {
    this.#discarded += bytes.length;
    if (this.#discarded > LINGER_BYTES) this.hangUp("client/linger/too_much");
  }

  #noteFlow(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#owner.flowing(this);
  }

  /** Ends our side; the peer's bytes are read to their end, for unread ones would make the kernel reset the answer away. */
  #shutDown(): void {
    this.#phase = "lingering";
    this.#socket.resume();
    this.#socket.shutdown();
    this.#owner.lingering(this);
  }

  /** The peer went before its answer was with the kernel. */
  #describeLoss(): Ending {
    if (this.bytesOut > 0 || this.#phase === "closing") return "client/data/reset";
    return this.status === undefined ? "client/request/left" : "client/wait/left";
  }

  #describeEnd(error: Error | undefined): ConnectionLostError | undefined {
    if (this.#phase === "aborted") return new ConnectionLostError(true, "aborted");
    if (this.#phase === "lingering") return undefined; // All was sent; how the peer hangs up is its own affair.
    if (this.#writeFailed) return new ConnectionLostError(false, "connection reset");
    return error && new ConnectionLostError(false, describeSystemError(error));
  }
}

/** Bun's events, passed on; the same object for every socket, their state is in `socket.data`. All synchronous. */
export const connectionHandlers = {
  data: (socket, bytes) => socket.data.received(bytes),
  end: (socket) => socket.data.ended(),
  drain: (socket) => socket.data.writable(),
  close: (socket, error) => socket.data.closed(error),
  // Bun leaves the socket open when one of the above throws.
  error: (socket, error) => socket.data.fail(error),
} satisfies SocketHandler<SocketEvents>;
