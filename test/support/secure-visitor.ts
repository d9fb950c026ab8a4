import { NotClosedError } from "../../src/net/errors.ts";
import { ClientTls, type ClientIdentity } from "../../src/net/tls/client-tls.ts";
import { connectTls } from "../../src/net/tls/connect-tls.ts";
import type { Transport } from "../../src/net/transport.ts";
import { systemClock as clock } from "../../src/time/clock.ts";
import type { Visit } from "./visitor.ts";

/** How it ended: `cut` is a FIN that TLS knows nothing of. */
export interface SecureVisit {
  readonly bytes: Buffer;
  readonly end: Visit["end"] | "cut";
}

/** A client that speaks TLS, and knows how it ended. */
export class SecureVisitor {
  /** Settles when the server has ended the connection. */
  readonly visit: Promise<SecureVisit>;
  /** Settles when the handshake is done, or will never be. */
  readonly connected: Promise<void>;
  /** Why there was no handshake, or what went wrong after it. */
  trouble = "";
  readonly #chunks: Uint8Array[] = [];
  #transport: Transport | undefined = undefined;

  /** @param greet runs as soon as the handshake is done */
  constructor(port: number, tls: ClientIdentity, greet: (transport: Transport) => void = () => {}) {
    const over = Promise.withResolvers<SecureVisit>();
    const connected = Promise.withResolvers<void>();
    this.visit = over.promise;
    this.connected = connected.promise;
    const finish = (end: SecureVisit["end"]) => over.resolve({ bytes: Buffer.concat(this.#chunks), end });
    connectTls({ client: new ClientTls(tls), trustsFin: false })(
      { host: "127.0.0.1", port },
      {
        connectionMade: (transport) => {
          this.#transport = transport;
          connected.resolve();
          greet(transport);
        },
        dataReceived: (bytes) => void this.#chunks.push(bytes),
        inputEnded: () => {
          finish("fin");
          this.#transport?.close();
        },
        connectionLost: (error) => {
          this.trouble = error?.message ?? "";
          finish(error instanceof NotClosedError ? "cut" : "reset");
        },
      },
      { clock, timeout: 0, protocolFailed: (bug) => over.reject(bug) },
    ).addErrback(({ value }) => {
      this.trouble = (value as Error).message;
      connected.resolve();
      finish("refused");
      return undefined as never;
    });
  }

  get received(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  /** Sends a little more. */
  async send(bytes: string): Promise<void> {
    await this.connected;
    this.#transport?.write(Buffer.from(bytes));
  }

  /** Goes away at once. */
  async vanish(): Promise<void> {
    await this.connected;
    this.#transport?.abort("proxy/fetch/cancelled");
  }

  /** Reads no more for now. */
  pause(): void {
    this.#transport?.pauseReading();
  }

  /** Reads again. */
  resume(): void {
    this.#transport?.resumeReading();
  }
}
