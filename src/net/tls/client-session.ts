import type { TLSSocket } from "node:tls";
import { Deferred } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import { ConnectionLostError, NotClosedError } from "../errors.ts";
import type { Protocol, Transport } from "../transport.ts";
import { Ciphertext } from "./ciphertext.ts";
import type { ClientTls } from "./client-tls.ts";
import { SecureTransport } from "./secure-transport.ts";
import { describeTlsError } from "./words.ts";

/** The handshake failed, or the server could not be verified. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

/** Options of a ClientSession. */
export interface SessionOptions {
  readonly tls: ClientTls;
  /** The server as configured: a name or an address. */
  readonly host: string;
  /** Whether a FIN without close_notify counts as a clean end: some servers never send close_notify. */
  readonly trustsFin: boolean;
  readonly clock: Pick<Clock, "nextTurn">;
}

/** Turns of the event loop after which TLS has reported everything received before the end of the connection. */
const TURNS_TO_THE_END = 2;

/**
 * The client's side of TLS, over any Transport. Neither Bun's own TLS client nor node's tells a proper end
 * (close_notify) from a truncation (FIN). So the FIN is hidden from node:tls: any end that it reports then is a
 * close_notify.
 */
export class ClientSession implements Protocol {
  /** Fires with the transport of the protocol once the server has been verified; fails with HandshakeError. */
  readonly secured = new Deferred<Transport>(() => this.#giveUp());
  readonly #protocol: Protocol;
  readonly #options: SessionOptions;
  #raw: Transport | undefined = undefined;
  #ciphertext: Ciphertext | undefined = undefined;
  #session: TLSSocket | undefined = undefined;
  #transport: SecureTransport | undefined = undefined;
  #phase: "handshake" | "open" | "ended" | "lost" = "handshake";
  /** The connection has ended, with or without close_notify. */
  #isCut = false;
  /** Both sides have ended. */
  #isGone = false;

  constructor(protocol: Protocol, options: SessionOptions) {
    this.#protocol = protocol;
    this.#options = options;
  }

  connectionMade(raw: Transport): void {
    const { tls, host } = this.#options;
    const ciphertext = new Ciphertext(raw);
    const session = tls.begin(ciphertext, host);
    this.#raw = raw;
    this.#ciphertext = ciphertext;
    this.#session = session;
    this.#transport = new SecureTransport(raw, ciphertext, session, {
      flowed: () => this.#guarded(() => this.#protocol.writable?.()),
      resumed: () => this.#judgeLater(),
    });
    session.on("secureConnect", () => this.#guarded(() => this.#shookHands(session)));
    session.on("data", (bytes: Uint8Array) => this.#guarded(() => this.#received(bytes)));
    session.on("end", () => this.#guarded(() => this.#ended()));
    session.on("error", (error) => this.#guarded(() => this.#broke(describeTlsError(error))));
    ciphertext.on("error", () => {}); // It is destroyed with the session.
  }

  dataReceived(bytes: Uint8Array): void {
    this.#ciphertext?.received(bytes);
  }

  writable(): void {
    this.#ciphertext?.flowed();
    this.#transport?.noteFlow();
  }

  /** A FIN. A close_notify before it may still be in the buffers of TLS. */
  inputEnded(): void {
    this.#isCut = true;
    this.#judgeLater();
  }

  connectionLost(error?: ConnectionLostError): void {
    this.#isGone = true;
    if (error || this.#phase === "ended") this.#lose(error);
    else this.inputEnded();
  }

  /** The handshake was cancelled. */
  #giveUp(): void {
    this.#phase = "lost";
    this.#raw?.abort("proxy/fetch/cancelled");
  }

  #shookHands(session: TLSSocket): void {
    const fault = this.#options.tls.faultOf(session);
    if (fault !== undefined) return this.#broke(fault);
    this.#phase = "open";
    const transport = this.#transport as Transport;
    this.#protocol.connectionMade?.(transport);
    this.secured.callback(transport);
  }

  #received(bytes: Uint8Array): void {
    if (this.#phase === "open") this.#protocol.dataReceived?.(bytes);
    this.#judgeLater();
  }

  #ended(): void {
    if (this.#phase === "handshake") return this.#broke("it hung up");
    if (this.#phase !== "open") return;
    this.#phase = "ended";
    this.#protocol.inputEnded?.();
    if (this.#isGone) this.#lose(undefined);
  }

  /** The session cannot go on. */
  #broke(why: string): void {
    this.#lose(new ConnectionLostError(false, why));
    this.#raw?.abort("upstream/data/reset");
  }

  /** Decides whether the end of the connection was clean, once TLS has reported everything. */
  #judgeLater(turns = TURNS_TO_THE_END): void {
    if (!this.#isCut || this.#phase === "ended" || this.#phase === "lost") return;
    if (turns === 0) this.#guarded(() => this.#judge());
    else this.#options.clock.nextTurn(() => this.#judgeLater(turns - 1));
  }

  #judge(): void {
    const isRead = this.#session?.readableLength === 0 && this.#ciphertext?.readableLength === 0;
    if (!isRead || this.#transport?.isPaused) return; // Checked again when more has been read.
    if (this.#phase === "handshake") this.#broke("it hung up");
    else if (this.#options.trustsFin) this.#ended();
    else {
      this.#lose(new NotClosedError());
      this.#raw?.abort("upstream/data/truncated");
    }
  }

  /** Ends the session, and sends the protocol its last event. */
  #lose(error: ConnectionLostError | undefined): void {
    if (this.#phase === "lost") return;
    const isSecured = this.#phase !== "handshake";
    this.#phase = "lost";
    this.#session?.destroy();
    this.#ciphertext?.destroy();
    if (isSecured) this.#protocol.connectionLost?.(error);
    else this.secured.errback(new HandshakeError(error?.message ?? "it hung up"));
  }

  /** An error thrown by a protocol is a bug, which must not reach the stream that called it. */
  #guarded(notify: () => void): void {
    try {
      notify();
    } catch (bug) {
      this.#raw?.fail(bug);
    }
  }
}
