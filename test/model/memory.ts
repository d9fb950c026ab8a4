import { Deferred } from "../../src/deferred/mod.ts";
import type { TcpAddress } from "../../src/net/address.ts";
import type { Connect } from "../../src/net/connect.ts";
import type { Route } from "../../src/net/address.ts";
import type { Ending } from "../../src/net/ending.ts";
import { ConnectError, ConnectionLostError } from "../../src/net/errors.ts";
import { VisitNotes } from "../../src/net/socket/visit-notes.ts";
import type { Protocol, Transport } from "../../src/net/transport.ts";

/** One side of a connection without a socket: records what a protocol does; a test causes the events. */
export class MemoryTransport extends VisitNotes implements Transport {
  peer = { host: "192.0.2.1", port: 4321 };
  destination = { host: "192.0.2.2", port: 10_000 };
  ending: Ending | undefined = undefined;
  readonly bytesIn = 0;
  /** Bugs that ended it. */
  readonly bugs: unknown[] = [];
  /** Receives the events; set once there is one. */
  protocol: Protocol | undefined = undefined;
  received = "";
  end: "fin" | "reset" | "left" | undefined = undefined;
  isStuck = false;
  #waiting = "";
  #isClosing = false;

  get bytesOut(): number {
    return this.received.length;
  }

  get isReset(): boolean {
    return this.end === "reset";
  }

  get unsent(): number {
    return this.#waiting.length;
  }

  introduce({ source, destination }: Route): void {
    [this.peer, this.destination] = [source, destination];
  }

  unread(): number {
    return 0;
  }

  sendAtOnce(): void {}

  write(bytes: Uint8Array): void {
    if (this.end || this.#isClosing) return;
    this.#waiting += Buffer.from(bytes).toString("latin1");
    this.#flush();
  }

  close(): void {
    if (this.end) return;
    this.#isClosing = true;
    this.#flush();
  }

  isPaused = false;

  closeOutput(): void {}

  fail(error: unknown): void {
    this.bugs.push(error);
    this.abort("internal");
  }

  abort(ending: Ending): void {
    if (!this.end) this.ending = ending;
    this.#finish("reset", new ConnectionLostError(true, "aborted"));
  }

  pauseReading(): void {
    this.isPaused = true;
  }

  resumeReading(): void {
    this.isPaused = false;
  }

  /** The peer resets. */
  leave(): void {
    this.#finish("left", new ConnectionLostError(false, "connection reset"));
  }

  /** The peer reads again. */
  unstick(): void {
    this.isStuck = false;
    if (this.unsent > 0 && this.#flush() && !this.#isClosing) this.protocol?.writable?.();
  }

  /** The peer sends. */
  hears(text: string): void {
    if (!this.end) this.protocol?.dataReceived?.(Buffer.from(text, "latin1"));
  }

  /** The peer half-closes. */
  inputEnded(): void {
    if (!this.end) this.protocol?.inputEnded?.();
  }

  #flush(): boolean {
    if (this.isStuck && this.unsent > 0) return false;
    this.received += this.#waiting;
    this.#waiting = "";
    if (this.#isClosing) this.#finish("fin");
    return true;
  }

  #finish(end: "fin" | "reset" | "left", error?: ConnectionLostError): void {
    if (this.end) return;
    this.end = end;
    this.#waiting = "";
    this.protocol?.connectionLost?.(error);
  }
}

/** An attempt to connect to an upstream, and the resulting connection. */
export class MemoryDial {
  readonly connection = new MemoryTransport();
  readonly connected = new Deferred<Transport>(() => (this.isGivenUp = true));
  isGivenUp = false;
  isAccepted = false;
  /** What the upstream has sent, by order of the test. */
  said = "";
  readonly #address: Parameters<Connect>[0];
  readonly #protocol: Protocol;

  constructor(address: Parameters<Connect>[0], protocol: Protocol) {
    this.#address = address;
    this.#protocol = protocol;
    this.connection.protocol = protocol;
  }

  get address(): TcpAddress {
    return this.#address as TcpAddress;
  }

  /** Whether it has neither been cancelled nor ended. */
  get isOpen(): boolean {
    return !this.isGivenUp && this.connection.end === undefined;
  }

  accept(): void {
    this.isAccepted = true;
    this.#protocol.connectionMade?.(this.connection);
    this.connected.callback(this.connection);
  }

  refuse(): void {
    this.#fail("refused");
  }

  /** Fails because this machine cannot even try. */
  balk(): void {
    this.#fail("local");
  }

  #fail(reason: "refused" | "local"): void {
    this.connection.end = "reset";
    this.connected.errback(new ConnectError(this.#address, reason, reason));
  }
}
