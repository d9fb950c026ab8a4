import type { Socket } from "bun";

/** A client that begins its TLS handshake when it is told to, and can then break the rules. */
export class LateTls {
  /** Settles when the connection stands, without TLS. */
  readonly connected: Promise<void>;
  /** Settles when keys are agreed on. */
  readonly secured: Promise<void>;
  /** Everything that came, at the end of the connection. */
  readonly text: Promise<string>;
  readonly #over = Promise.withResolvers<string>();
  readonly #ready = Promise.withResolvers<void>();
  #plain: Socket | undefined = undefined;
  #raw: Socket | undefined = undefined;
  #received = "";

  /** @param ca whom it trusts, in PEM */
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

  /** Says something in the clear. */
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

  /** Sends what is no TLS. */
  garble(): void {
    this.#raw?.write("garbage, garbage");
  }
}
