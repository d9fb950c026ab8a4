import ms from "ms";
import type { Preface } from "../../net/tls/preface.ts";
import type { Transport } from "../../net/transport.ts";
import { FrameError, type FrameReader } from "../../protocols/frame.ts";
import { proxyHeaderReader, readProxyHeader } from "../../protocols/peers/proxy-header.ts";
import { CHECK, HEADER_TIMEOUT_MS, isSame, REFUSALS } from "./greeting.ts";
import type { Ending } from "../../net/ending.ts";

/** What follows the header. */
interface Next {
  /** Called once or more when the header is complete or will never be. */
  readonly heard: () => void;
  /** Admits the client that the header names, or returns why not. */
  readonly admit: () => Ending | undefined;
}

/**
 * A PROXY header before a TLS handshake; it reads no further. A proxy that names no client and hangs up before the end
 * of the handshake made a health check.
 */
export class HeaderBeforeTls implements Preface {
  readonly #client: Transport;
  readonly #next: Next;
  readonly #reader: FrameReader = proxyHeaderReader();
  #received = 0;

  constructor(client: Transport, next: Next) {
    this.#client = client;
    this.#next = next;
  }

  read(bytes: Uint8Array): number | undefined {
    try {
      const header = this.#reader.take(bytes);
      const before = this.#received;
      this.#received += bytes.length;
      if (!header) return undefined;
      this.#heard(header.bytes);
      return header.bytes.length - before;
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#refuse(REFUSALS[error.fault], error.message);
      return undefined;
    }
  }

  inputEnded(): void {
    if (this.#received > 0) this.#refuse("client/header/incomplete", "cut short");
    else this.#client.close("client/header/check");
  }

  draining(): void {
    this.#refuse("proxy/request/draining");
  }

  connectionLost(): void {
    this.#next.heard();
  }

  /** The header was not complete in time. */
  expired(): void {
    this.#refuse("client/header/timeout", `not complete after ${ms(HEADER_TIMEOUT_MS)}`);
  }

  #heard(header: Uint8Array): void {
    const route = readProxyHeader(header);
    this.#next.heard();
    const isCheck = !route || isSame(route.source, this.#client.peer);
    if (route) this.#client.introduce(route);
    if (isCheck) this.#client.status = CHECK; // Until the handshake is over.
    const refused = isCheck ? undefined : this.#next.admit();
    if (refused) this.#client.abort(refused);
  }

  #refuse(ending: Ending, detail?: string): void {
    if (detail !== undefined) this.#client.detail = `PROXY header ${detail}`;
    this.#client.abort(ending);
  }
}
