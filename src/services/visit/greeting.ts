import ms from "ms";
import type { Route, TcpAddress } from "../../net/address.ts";
import type { Ending } from "../../net/ending.ts";
import type { ConnectionLostError } from "../../net/errors.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import { FrameError, type FrameFault, type FrameReader } from "../../protocols/frame.ts";
import {
  beginsWithProxyHeader,
  proxyHeaderReader,
  readProxyHeader,
  TELLING_BYTES,
} from "../../protocols/peers/proxy-header.ts";
import type { Clock, DelayedCall } from "../../time/clock.ts";

/** Time limit for the PROXY header, in milliseconds from the connection. */
export const HEADER_TIMEOUT_MS = 3000;

/**
 * How long a proxy that names no client has to hang up before it is served, in milliseconds. HAProxy's health checks
 * hang up within 0.1 ms of their header; on a busy machine within 3 ms.
 */
export const CHECK_MS = 10;

/** What follows the greeting. */
interface Next {
  /** Called once or more when the header is complete or will never be. */
  readonly heard: () => void;
  /** Returns the protocol that serves the client; undefined: it has been refused. */
  readonly serve: () => Protocol | undefined;
}

/**
 * A connection from a proxy that must begin with a PROXY header. The client that it names is then served as if it had
 * connected directly. A proxy that names no client and hangs up made a health check, and is not served.
 */
export class Greeting implements Protocol {
  readonly #client: Transport;
  readonly #clock: Pick<Clock, "callLater">;
  readonly #next: Next;
  readonly #reader: FrameReader = proxyHeaderReader();
  #received = 0;
  /** `waits`: it named no client, and has CHECK_MS to hang up. */
  #phase: "header" | "waits" | "served" | "over" = "header";
  /** It has neither named a client nor sent anything after the header. */
  #isCheck = true;
  #wait: DelayedCall | undefined = undefined;
  #protocol: Protocol | undefined = undefined;

  constructor(client: Transport, clock: Pick<Clock, "callLater">, next: Next) {
    this.#client = client;
    this.#clock = clock;
    this.#next = next;
    client.status = CHECK; // Until it sends something.
  }

  dataReceived(bytes: Uint8Array): void {
    const rest = this.#phase === "header" ? this.#hear(bytes) : bytes;
    if (!rest || rest.length === 0) return;
    this.#isCheck = false;
    this.#serve();
    this.#protocol?.dataReceived?.(rest);
  }

  inputEnded(): void {
    if (this.#phase === "header" && this.#received > 0)
      return this.#refuse("client/header/incomplete", "cut short");
    const isAwaited = this.#phase !== "served" || this.#protocol?.dataReceived !== undefined;
    if (!this.#isCheck || !isAwaited) return this.#protocol?.inputEnded?.();
    this.#phase = "over";
    this.#wait?.cancel();
    this.#client.close("client/header/check");
  }

  writable(): void {
    this.#protocol?.writable?.();
  }

  draining(): void {
    if (this.#phase === "served") this.#protocol?.draining?.();
    else this.#refuse("proxy/request/draining");
  }

  connectionLost(error?: ConnectionLostError): void {
    this.#phase = "over";
    this.#wait?.cancel();
    this.#next.heard();
    this.#protocol?.connectionLost?.(error);
  }

  /** The header was not complete in time. */
  expired(): void {
    this.#refuse("client/header/timeout", `not complete after ${ms(HEADER_TIMEOUT_MS)}`);
  }

  /** The bytes after the header, if it is complete. */
  #hear(bytes: Uint8Array): Uint8Array | undefined {
    try {
      this.#client.status = undefined;
      const header = this.#reader.take(bytes);
      const before = this.#received;
      this.#received += bytes.length;
      if (!header) return undefined;
      this.#heard(readProxyHeader(header.bytes));
      return bytes.subarray(header.bytes.length - before);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#refuse(REFUSALS[error.fault], error.message);
      return undefined;
    }
  }

  #heard(route: Route | undefined): void {
    this.#phase = "waits";
    this.#next.heard();
    this.#isCheck = !route || isSame(route.source, this.#client.peer);
    if (route) this.#client.introduce(route);
    if (!this.#isCheck) return this.#serve();
    this.#client.status = CHECK;
    this.#wait = this.#clock.callLater(CHECK_MS, () => this.#serve());
  }

  #serve(): void {
    if (this.#phase !== "waits") return;
    this.#wait?.cancel();
    this.#phase = "served";
    this.#client.status = undefined;
    this.#protocol = this.#next.serve();
  }

  #refuse(ending: Ending, detail?: string): void {
    this.#phase = "over";
    this.#client.status = undefined;
    if (detail !== undefined) this.#client.detail = `PROXY header ${detail}`;
    this.#client.abort(ending);
  }
}

/** The status of a proxy that names no client. */
export const CHECK = "check";

/** A client that must not send a PROXY header: it is reset if its first bytes begin one. */
export class Stranger implements Protocol {
  readonly #client: Transport;
  readonly #protocol: Protocol;
  /** Its first bytes; undefined once they suffice to tell. */
  #first: Uint8Array | undefined = new Uint8Array(0);

  private constructor(client: Transport, protocol: Protocol) {
    this.#client = client;
    this.#protocol = protocol;
  }

  /** Wraps `protocol`; one that ignores input needs no check, and is returned as it is. */
  static watched(client: Transport, protocol: Protocol): Protocol {
    return protocol.dataReceived ? new Stranger(client, protocol) : protocol;
  }

  dataReceived(bytes: Uint8Array): void {
    if (this.#first && this.#beginsHeader(this.#first, bytes)) this.#client.abort("client/header/unexpected");
    else this.#protocol.dataReceived?.(bytes);
  }

  inputEnded(): void {
    this.#protocol.inputEnded?.();
  }

  writable(): void {
    this.#protocol.writable?.();
  }

  draining(): void {
    this.#protocol.draining?.();
  }

  connectionLost(error?: ConnectionLostError): void {
    this.#protocol.connectionLost?.(error);
  }

  #beginsHeader(before: Uint8Array, bytes: Uint8Array): boolean {
    const first = Uint8Array.of(...before, ...bytes.subarray(0, TELLING_BYTES - before.length));
    this.#first = first.length < TELLING_BYTES ? first : undefined;
    return beginsWithProxyHeader(first);
  }
}

/** Whether two addresses are equal. */
export function isSame(one: TcpAddress, other: TcpAddress): boolean {
  return one.host === other.host && one.port === other.port;
}

/** How connections with a bad header end. */
export const REFUSALS = {
  too_long: "client/header/too_long",
  malformed: "client/header/malformed",
  incomplete: "client/header/incomplete",
} as const satisfies Record<FrameFault, Ending>;
