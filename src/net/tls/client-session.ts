import type { TLSSocket } from "node:tls";
import { Deferred } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import { ConnectionLostError, NotClosedError } from "../errors.ts";
import type { Protocol, Transport } from "../transport.ts";
import { Ciphertext } from "./ciphertext.ts";
import type { ClientTls } from "./client-tls.ts";
import { SecureTransport } from "./secure-transport.ts";
import { describeTlsError } from "./words.ts";

/** No keys were agreed on, or with somebody else. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

export interface SessionOptions {
  readonly tls: ClientTls;
  /** The server as it was asked for: a name or an address. */
  readonly host: string;
  /** Whether an end that TLS does not know of is one all the same: some servers never say it. */
  readonly trustsFin: boolean;
  readonly clock: Pick<Clock, "nextTurn">;
}

/** Turns of the loop after which TLS has told of all that had come before the end of the connection. */
const TURNS_TO_THE_END = 2;

/**
 * The client's side of TLS, over any Transport. Bun's own TLS clients cannot tell an end that the server has said
 * (close_notify) from one that somebody on the way has made (FIN); nor can node's. So node:tls is not told of the FIN: what
 * it takes for an end then was said.
 */
export class ClientSession implements Protocol {
  /** Fires with the transport of the protocol once the server has proved who it is; fails with HandshakeError. */
  readonly secured = new Deferred<Transport>(() => this.#giveUp());
  readonly #protocol: Protocol;
  readonly #options: SessionOptions;
  #raw: Transport | undefined = undefined;
  #ciphertext: Ciphertext | undefined = undefined;
  #session: TLSSocket | undefined = undefined;
  #transport: SecureTransport | undefined = undefined;
  #phase: "handshake" | "open" | "ended" | "lost" = "handshake";
  /** The connection has ended, with whatever TLS said or did not say before. */
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

  /** A FIN. What TLS has to say about it may be on its way through its buffers. */
  inputEnded(): void {
    this.#isCut = true;
    this.#judgeLater();
  }

  connectionLost(error?: ConnectionLostError): void {
    this.#isGone = true;
    if (error || this.#phase === "ended") this.#lose(error);
    else this.inputEnded();
  }

  /** Nobody waits for keys any more. */
  #giveUp(): void {
    this.#phase = "lost";
    this.#raw?.abort("proxy/fetch/cancelled");
  }

  #shookHands(session: TLSSocket): void {
    const complaint = this.#options.tls.complaintAbout(session);
    if (complaint !== undefined) return this.#broke(complaint);
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

  /** There is nothing to be got from this connection any more. */
  #broke(why: string): void {
    this.#lose(new ConnectionLostError(false, why));
    this.#raw?.abort("upstream/data/reset");
  }

  /** Looks what the end of the connection means once TLS has said what it has to say. */
  #judgeLater(turns = TURNS_TO_THE_END): void {
    if (!this.#isCut || this.#phase === "ended" || this.#phase === "lost") return;
    if (turns === 0) this.#guarded(() => this.#judge());
    else this.#options.clock.nextTurn(() => this.#judgeLater(turns - 1));
  }

  #judge(): void {
    const isRead = this.#session?.readableLength === 0 && this.#ciphertext?.readableLength === 0;
    if (!isRead || this.#transport?.isPaused) return; // It is looked at again when more was read.
    if (this.#phase === "handshake") this.#broke("it hung up");
    else if (this.#options.trustsFin) this.#ended();
    else {
      this.#lose(new NotClosedError());
      this.#raw?.abort("upstream/data/truncated");
    }
  }

  /** The last that the protocol hears. */
  #lose(error: ConnectionLostError | undefined): void {
    if (this.#phase === "lost") return;
    const isSecured = this.#phase !== "handshake";
    this.#phase = "lost";
    this.#session?.destroy();
    this.#ciphertext?.destroy();
    if (isSecured) this.#protocol.connectionLost?.(error);
    else this.secured.errback(new HandshakeError(error?.message ?? "it hung up"));
  }

  /** What a protocol throws must not reach the stream that told it: it is a bug of ours. */
  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (bug) {
      this.#raw?.fail(bug);
    }
  }
}
