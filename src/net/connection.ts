import type { Route, TcpAddress } from "./address.ts";
import { NOWHERE, type Member } from "./clients/members.ts";
import { Remainder } from "./clients/remainder.ts";
import type { Reader } from "./clients/send-limits.ts";
import type { Ending } from "./ending.ts";
import { descriptorOf, endOutput, uncork, unsentByKernel } from "./libc.ts";
import { Outbox } from "./socket/outbox.ts";
import { endingOf, lossOf, type Phase } from "./socket/losses.ts";
import { SocketEnds } from "./socket/socket-ends.ts";
import type { ConnectionOwner, Protocol, Transport } from "./transport.ts";
import { VisitNotes } from "./socket/visit-notes.ts";
import type { SocketEvents, Wire } from "./socket/wire.ts";

/** How many bytes a peer's kernel accepts at first, even if the peer reads nothing. */
const TAKEN_UNREAD = 64 * 1024;

/** A Transport over one of Bun's sockets, for accepted connections as well as our own. */
export class Connection extends VisitNotes implements Transport, SocketEvents, Member {
  #socket: Wire;
  #isSecured = false;
  readonly #owner: ConnectionOwner<Connection>;
  /** Created at the first write, because in a stampede most connections wait for long. */
  #outbox: Outbox | undefined = undefined;
  #protocol: Protocol | undefined = undefined;
  #ends: SocketEnds | undefined = undefined;
  #phase: Phase = "open";
  #ending: Ending | undefined = undefined;
  #isReset = false;
  #isStalled = false;
  /** Created on demand after our FIN, because most peers hang up at once. */
  #remainder: Remainder | undefined = undefined;
  /** We half-close, or have done so. */
  #outputCloses = false;
  #inputEnded = false;
  #isPaused = false;
  /** A write failed because of a reset. Bun then reports a clean end, though the input may be cut short. */
  #writeFailed = false;
  #bytesIn = 0;
  lingerEnds: Reader["lingerEnds"] = undefined;
  place = NOWHERE;

  constructor(socket: Wire, owner: ConnectionOwner<Connection>) {
    super();
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

  /** Sends all bytes through `wire` from now on, which wraps the previous socket. */
  secured(wire: Wire): void {
    this.#socket = wire;
    this.#isSecured = true;
  }

  /** Whether we have sent our FIN: the kernel has everything. */
  get isLingering(): boolean {
    return this.#phase === "lingering";
  }

  /** Whether the peer has sent something after our FIN. */
  get hasTalked(): boolean {
    return this.#remainder?.hasTalked ?? false;
  }

  unread(): number | undefined {
    return this.isLingering ? this.#rest.unread() : unsentByKernel(descriptorOf(this.#socket));
  }

  /** Sets the protocol that receives its events: at first, and again after a PROXY header or the TLS handshake. */
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
    void this.peer; // Caches it: it cannot be read after a reset.
    this.#ending = ending;
    this.#phase = "aborted";
    this.#isReset = !this.#owner.isUnix;
    this.#outbox?.clear();
    this.#remainder?.held?.reset();
    this.#socket.terminate(); // RST if possible. After the FIN of end() or close(), half an answer would look complete.
    if (this.#remainder?.held) this.#finish(undefined); // Bun has already reported its end.
  }

  /** The service ends. Resets the peer, unless it has everything as far as is known. */
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
    if (this.isLingering) this.#endedBoth(); // We sent our FIN through libc, so Bun does not close.
  }

  #noteInputEnd(): void {
    // After a failed write Bun reports an end that never arrived (docs/decisions/0004): the input is cut short.
    if (this.#inputEnded || this.#writeFailed || this.#phase === "aborted" || this.#phase === "lost") return;
    this.#inputEnded = true;
    this.#protocol?.inputEnded?.();
  }

  /** Both sides have ended: Bun closes the socket next. */
  #endedBoth(): void {
    if (this.#owner.waitsForReaders && this.unread() !== 0) this.#rest.hold();
    this.#socket.end();
  }

  /** Bun: the kernel accepts bytes again. Sometimes reported needlessly. */
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
    if (!this.isLingering) return; // We ended it.
    if (!error && this.unread() !== 0) return this.#owner.held(this);
    held.close();
    this.#finish(error);
  }

  #finish(error: Error | undefined): void {
    const lost = lossOf(this.#phase, this.#writeFailed, error);
    // After our own shutdown Bun omits "end": a close without an error implies the peer's FIN.
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

  /** Closes the connection for good, because the peer did not, or kept sending. */
  hangUp(ending: Ending = "ok"): void {
    if (!this.isLingering) return;
    if (this.#ending === "ok") this.#ending = ending;
    this.#phase = "lost";
    this.#remainder?.held?.close();
    this.#socket.end(); // close(2): queued bytes still reach the peer.
    if (this.#remainder?.held) this.#finish(undefined); // Bun has reported its end already.
  }

  /** Reads the addresses of both ends on demand. */
  #lookUpEnds(): SocketEnds {
    return (this.#ends ??= new SocketEnds(this.#socket, this.#owner.isUnix));
  }

  /** Returns whether the kernel has everything now. */
  #flush(outbox: Outbox): boolean {
    const flushed = outbox.flush(this.#socket);
    if (flushed === "full") {
      this.#isStalled = true;
      this.#owner.stalled(this);
      return false;
    }
    if (flushed === "empty" && this.#phase === "closing") {
      this.#shutDown(); // The kernel has everything but the peer does not: keep watching it.
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

  /** Sends our FIN. Input is read to its end, because unread bytes would make the kernel reset the connection. */
  #shutDown(): void {
    this.#phase = "lingering";
    if (this.#isPaused) this.#socket.resume();
    const mayBeUnread = this.bytesOut > TAKEN_UNREAD && this.#owner.waitsForReaders;
    // libc could end the connection, but not the TLS session in it.
    if (mayBeUnread && (this.#inputEnded || this.#isSecured)) this.#rest.hold();
    // If Bun does not know of our FIN, it reports the peer's before it closes the socket.
    const isBuns = !mayBeUnread || this.#isSecured || this.#remainder?.held !== undefined;
    if (isBuns || !endOutput(descriptorOf(this.#socket))) this.#socket.shutdown();
    this.#owner.lingering(this);
  }

  get #rest(): Remainder {
    return (this.#remainder ??= new Remainder(descriptorOf(this.#socket)));
  }

  /** Whether the peer hung up before it had received everything. */
  #leftUnread(error: Error | undefined): boolean {
    return this.bytesOut > TAKEN_UNREAD && this.#rest.wasLeftUnread(error !== undefined);
  }
}
