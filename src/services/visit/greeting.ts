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

/** Milliseconds from the connection to the end of its header. */
export const HEADER_TIMEOUT_MS = 3000;

/**
 * Milliseconds that a proxy which speaks for itself has to hang up before it is served. HAProxy's checks do so within 0.1 ms
 * of their header, on a busy machine within 3.
 */
export const CHECK_MS = 10;

/** What becomes of a client that is greeted. */
interface Next {
  /** The header is there, or will never be: told once or more. */
  readonly heard: () => void;
  /** Gives the protocol that serves it; undefined: it has been refused. */
  readonly serve: () => Protocol | undefined;
}

/**
 * A proxy that is to say first of all for whom it speaks. Then the client is served as if it had come by itself. One that
 * speaks for itself, and hangs up, only checked whether anybody listens: it is not served.
 */
export class Greeting implements Protocol {
  readonly #client: Transport;
  readonly #clock: Pick<Clock, "callLater">;
  readonly #next: Next;
  readonly #reader: FrameReader = proxyHeaderReader();
  #received = 0;
  /** `waits`: it speaks for itself, and has time to hang up. */
  #phase: "header" | "waits" | "served" | "over" = "header";
  /** It has not named a client, nor sent anything else yet. */
  #isCheck = true;
  #wait: DelayedCall | undefined = undefined;
  #protocol: Protocol | undefined = undefined;

  constructor(client: Transport, clock: Pick<Clock, "callLater">, next: Next) {
    this.#client = client;
    this.#clock = clock;
    this.#next = next;
    client.status = CHECK; // Unless it says something.
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

  /** No header came in time. */
  expired(): void {
    this.#refuse("client/header/timeout", `not complete after ${ms(HEADER_TIMEOUT_MS)}`);
  }

  /** What follows the header, once that is there. */
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

/** The status of a proxy that does not speak for a client. */
export const CHECK = "check";

/** A client that is not to send a header: where anybody reads its first bytes, it is reset if they begin one. */
export class Stranger implements Protocol {
  readonly #client: Transport;
  readonly #protocol: Protocol;
  /** Its first bytes; absent once they tell enough. */
  #first: Uint8Array | undefined = new Uint8Array(0);

  private constructor(client: Transport, protocol: Protocol) {
    this.#client = client;
    this.#protocol = protocol;
  }

  /** What its connection talks to, if `protocol` serves it. */
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

export function isSame(one: TcpAddress, other: TcpAddress): boolean {
  return one.host === other.host && one.port === other.port;
}

/** How those end whose header is none. */
export const REFUSALS = {
  too_long: "client/header/too_long",
  malformed: "client/header/malformed",
  incomplete: "client/header/incomplete",
} as const satisfies Record<FrameFault, Ending>;
