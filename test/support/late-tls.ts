import type { Socket } from "bun";

/** A client that begins its TLS handshake when told to, and can violate the protocol after it. */
export class LateTls {
  /** Settles when the connection is made, without TLS. */
  readonly connected: Promise<void>;
  /** Settles after the handshake. */
  readonly secured: Promise<void>;
  /** Everything received by the end of the connection. */
  readonly text: Promise<string>;
  readonly #over = Promise.withResolvers<string>();
  readonly #ready = Promise.withResolvers<void>();
  #plain: Socket | undefined = undefined;
  #raw: Socket | undefined = undefined;
  #received = "";

  /** @param ca the authority that it trusts, in PEM */
  constructor(
    port: number,
    readonly ca: string,
  ) {
    this.text = this.#over.promise;
    this.secured = this.#ready.promise;
    this.connected = Bun.connect({ hostname: "127.0.0.1", port, socket: { drain() {} } }).then((socket) => {
      this.#plain = socket;
    });
  }

  /** Sends something unencrypted. */
  say(text: string): void {
    this.#plain?.write(text);
  }

  begin(): void {
    const [raw] = (this.#plain as Socket).upgradeTLS<undefined>({
      tls: { ca: this.ca, serverName: "localhost" },
      socket: {
        data: (_socket, bytes) => void (this.#received += bytes.toString()),
        close: () => this.#over.resolve(this.#received),
        handshake: (_socket, ok) => ok && this.#ready.resolve(),
      },
    });
    this.#raw = raw;
  }

  /** Sends bytes that are not TLS. */
  garble(): void {
    this.#raw?.write("garbage, garbage");
  }
}
