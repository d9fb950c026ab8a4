import type { Route, TcpAddress } from "./address.ts";
import { Remainder } from "./clients/remainder.ts";
import type { Ending } from "./ending.ts";
import { descriptorOf, endOutput, uncork, unsentByKernel } from "./libc.ts";
import { Outbox } from "./socket/outbox.ts";
import { endingOf, lossOf, type Phase } from "./socket/losses.ts";
import { SocketEnds } from "./socket/socket-ends.ts";
import type { ConnectionOwner, Protocol, Transport } from "./transport.ts";
import type { SocketEvents, Wire } from "./socket/wire.ts";

/** How many bytes a peer's kernel accepts initially, even if nobody reads them. */
const TAKEN_UNREAD = 64 * 1024;

/** A Transport over one of Bun's sockets, from either side of a connection. */
export class Connection implements Transport, SocketEvents {
  #socket: Wire;
  #isSecured = false;
  readonly #owner: ConnectionOwner<Connection>;
  /** Created at the first write, because most connections of a stampede wait for long. */
  #outbox: Outbox | undefined = undefined;
  #protocol: Protocol | undefined = undefined;
  #ends: SocketEnds | undefined = undefined;
  #phase: Phase = "open";
  #ending: Ending | undefined = undefined;
  #isReset = false;
  #isStalled = false;
  /** Created on demand after our end, because most peers hang up at once. */
  #remainder: Remainder | undefined = undefined;
  /** Our side ends, or has ended, before the peer's answer. */
  #outputCloses = false;
  #inputEnded = false;
  #isPaused = false;
  /** A write met a reset. Bun then reports an orderly end, and the input may be cut short. */
  #writeFailed = false;
  #bytesIn = 0;
  number: number | undefined = undefined;
  arrivedAt: number | undefined = undefined;
  status: string | undefined = undefined;
  request: Uint8Array | undefined = undefined;
  fetch: number | undefined = undefined;
  age: number | undefined = undefined;
  waitedMs: number | undefined = undefined;
  detail: string | undefined = undefined;

  constructor(socket: Wire, owner: ConnectionOwner<Connection>) {
    this.#socket = socket;
    this.#owner = owner;
  }

  get peer(): TcpAddress {
    return this.#lookUpEnds().source;
  }

  get destination(): TcpAddress {
    return this.#lookUpEnds().destination;
  }

  introduce(route: Route): void {
    this.#lookUpEnds().announce(route);
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

  /** From now on all bytes go through `wire`, which uses the previous socket. */
  secured(wire: Wire): void {
    this.#socket = wire;
    this.#isSecured = true;
  }

  /** Whether our side has ended, and all of it is with the kernel. */
  get isLingering(): boolean {
    return this.#phase === "lingering";
  }

  /** Whether the peer has sent something after our end. */
  get hasTalked(): boolean {
    return this.#remainder?.hasTalked ?? false;
  }

  unread(): number | undefined {
    return this.isLingering ? this.#rest.unread() : unsentByKernel(descriptorOf(this.#socket));
  }

  /** Attaches it to `protocol`: first of all, and again after the TLS handshake. */
  attach(protocol: Protocol): void {
    this.#protocol = protocol;
  }

  write(bytes: Uint8Array): void {
    if (this.#phase !== "open" || this.#outputCloses) return;
    const outbox = (this.#outbox ??= new Outbox());
    const mayFlush = outbox.isEmpty; // Otherwise the kernel is full: wait for "writable".
    outbox.add(bytes);
    if (mayFlush) this.#flush(outbox);
  }

  sendAtOnce(): void {
    if (this.#phase === "open" && !this.#isSecured) uncork(descriptorOf(this.#socket));
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
    void this.peer; // Looked up now, because that is impossible after a reset.
    this.#ending = ending;
    this.#phase = "aborted";
    this.#isReset = !this.#owner.isUnix;
    this.#outbox?.clear();
    this.#remainder?.held?.reset();
    this.#socket.terminate(); // RST, if possible. end() and close() would send a FIN: half an answer that looks whole.
    if (this.#remainder?.held) this.#finish(undefined); // Bun has reported its end already.
  }

  /** The service ends: a peer that has everything, as far as is known, is not reset. */
  finish(): void {
    if (this.isServed) this.hangUp();
    else this.abort("proxy/data/shutdown");
  }

  /** Whether the peer has everything and only has to hang up. */
  get isServed(): boolean {
    return this.isLingering && !this.unread();
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

  /** Bun: bytes arrived. */
  received(bytes: Uint8Array): void {
    this.#bytesIn += bytes.length;
    if (this.#phase === "open") this.#protocol?.dataReceived?.(bytes);
    else if (this.isLingering && this.#rest.discard(bytes)) this.#owner.talking(this);
  }

  /** Bun: the peer's FIN was read. */
  ended(): void {
    this.#noteInputEnd();
    if (this.isLingering) this.#endedBoth(); // Our end was sent by libc.
  }

  #noteInputEnd(): void {
    // After a failed write Bun reports an end that never came (docs/decisions/0004): the input was cut off.
    if (this.#inputEnded || this.#writeFailed || this.#phase === "aborted" || this.#phase === "lost") return;
    this.#inputEnded = true;
    this.#protocol?.inputEnded?.();
  }

  /** Bun closes the socket next. */
  #endedBoth(): void {
    if (this.#owner.waitsForReaders && this.unread() !== 0) this.#rest.hold();
    this.#socket.end();
  }

  /** Bun: there is room again. Sometimes reported without need. */
  writable(): void {
    const outbox = this.#outbox;
    if (outbox?.isEmpty !== false) return;
    if (this.#flush(outbox)) this.#protocol?.writable?.();
    else this.#protocol?.advanced?.();
  }

  /** Bun: the socket is gone. */
  closed(error: Error | undefined): void {
    const held = this.#remainder?.held;
    if (!held) return this.#finish(error);
    if (!this.isLingering) return; // We have ended it ourselves.
    if (!error && this.unread() !== 0) return this.#owner.held(this);
    held.close();
    this.#finish(error);
  }

  #finish(error: Error | undefined): void {
    const lost = lossOf(this.#phase, this.#writeFailed, error);
    // After our own shutdown Bun omits "end": a close without an error includes the peer's FIN.
    if (!lost) this.#noteInputEnd();
    if (this.#phase === "open" || this.#phase === "closing") this.#ending = endingOf(this.#phase, this);
    else if (this.#ending === "ok" && (this.#writeFailed || this.#leftUnread(error)))
      this.#ending = "client/data/reset";
    this.#phase = "lost";
    this.#noteFlow();
    this.#outbox?.clear();
    try {
      this.#protocol?.connectionLost?.(lost);
    } finally {
      this.#owner.released(this);
    }
  }

  /** The service is about to stop. */
  draining(): void {
    if (this.#phase === "open") this.#protocol?.draining?.();
  }

  /** Closes for good: the peer did not, or kept sending. */
  hangUp(ending: Ending = "ok"): void {
    if (!this.isLingering) return;
    if (this.#ending === "ok") this.#ending = ending;
    this.#phase = "lost";
    this.#remainder?.held?.close();
    this.#socket.end(); // close(2): what is queued still reaches the peer.
    if (this.#remainder?.held) this.#finish(undefined); // Bun has reported its end already.
  }

  /** Looked up on demand. */
  #lookUpEnds(): SocketEnds {
    return (this.#ends ??= new SocketEnds(this.#socket, this.#owner.isUnix));
  }

  /** True once all is with the kernel. */
  #flush(outbox: Outbox): boolean {
    const flushed = outbox.flush(this.#socket);
    if (flushed === "full") {
      this.#isStalled = true;
      this.#owner.stalled(this);
      return false;
    }
    if (flushed === "empty" && this.#phase === "closing") {
      this.#shutDown(); // The kernel has everything, but the peer does not: keep watching it.
      return true;
    }
    this.#noteFlow();
    if (flushed === "lost") this.#writeFailed = true;
    else if (this.#outputCloses) this.#socket.shutdown();
    return flushed === "empty";
  }

  #noteFlow(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#owner.flowing(this);
  }

  /** Ends our side. The peer's bytes are read to their end, because unread ones would make the kernel reset the connection. */
  #shutDown(): void {
    this.#phase = "lingering";
    this.#socket.resume();
    const mayBeUnread = this.bytesOut > TAKEN_UNREAD && this.#owner.waitsForReaders;
    // libc could end a connection, but not the TLS session in it.
    if (mayBeUnread && (this.#inputEnded || this.#isSecured)) this.#rest.hold();
    // If Bun does not know of our end, it reports the peer's end before it closes the socket.
    const isBuns = !mayBeUnread || this.#isSecured || this.#remainder?.held !== undefined;
    if (isBuns || !endOutput(descriptorOf(this.#socket))) this.#socket.shutdown();
    this.#owner.lingering(this);
  }

  get #rest(): Remainder {
    return (this.#remainder ??= new Remainder(descriptorOf(this.#socket)));
  }

  /** Whether the peer hung up before it had everything. */
  #leftUnread(error: Error | undefined): boolean {
    return this.bytesOut > TAKEN_UNREAD && this.#rest.wasLeftUnread(error !== undefined);
  }
}
