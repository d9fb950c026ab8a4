import type { Socket, SocketHandler, TCPSocketListener, TLSOptions, UnixSocketListener } from "bun";
import { isUnix, type Address } from "../../src/net/address.ts";

/** A connection of a scripted peer, as its script sees it. */
export class PeerConnection {
  received = "";
  /** Whether the other side has half-closed. */
  inputEnded = false;
  /** Called when bytes have arrived. */
  onData: () => void = () => {};
  /** Called when the other side has half-closed; default: close as well. */
  onEnd: () => void = () => this.fin();
  /** Called when the socket is writable again. */
  drained: () => void = () => {};
  /** The address of the other side. */
  readonly host: string;
  readonly #socket: Socket<unknown>;
  readonly #raw: Socket<unknown>;

  /** @param raw the socket without TLS */
  constructor(socket: Socket<unknown>, raw = socket) {
    this.#socket = socket;
    this.#raw = raw;
    this.host = raw.remoteAddress;
  }

  /** Sends bytes that fit into the kernel's buffer. */
  send(bytes: string | Uint8Array): this {
    const { length } = Buffer.from(bytes);
    const taken = this.#socket.write(bytes);
    if (taken !== length)
      throw new Error(`The kernel took ${taken} of ${length} bytes: too many for a script`);
    return this;
  }

  /** Sends the same bytes again and again until the kernel's buffer is full; `drained` may continue. */
  flood(bytes: Uint8Array): void {
    while (this.#socket.write(bytes) === bytes.length);
  }

  /** Sends more than the kernel accepts at once. */
  async sendOn(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += this.#socket.write(bytes, sent, bytes.length - sent);
      if (sent < bytes.length) await new Promise<void>((resolve) => (this.drained = resolve));
    }
  }

  /** Sends more than the kernel accepts at once, then closes cleanly. */
  async sendAll(bytes: Uint8Array): Promise<void> {
    await this.sendOn(bytes);
    this.fin();
  }

  /** Closes cleanly. */
  fin(): void {
    this.#socket.shutdown();
  }

  /** Ends the connection, but not the TLS session in it: FIN without close_notify. */
  cut(): void {
    this.#raw.close();
  }

  /** Sends bytes that are not TLS. */
  sendInTheClear(bytes: Uint8Array): this {
    this.#raw.write(bytes);
    return this;
  }

  /** Resets. */
  reset(): void {
    this.#socket.terminate();
  }

  /** Stops reading: bytes of the other side stay in the kernel. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  readOn(): void {
    this.#socket.resume();
  }
}

/** A server that does what its script says to every connection, and counts them. */
export class ScriptedPeer implements AsyncDisposable {
  readonly connections: PeerConnection[] = [];
  /** What to do with new connections. */
  script: (connection: PeerConnection) => void;
  /** Why TLS handshakes failed, as the library reports it. */
  readonly refusals: string[] = [];
  readonly #server:
    TCPSocketListener<PeerConnection | undefined> | UnixSocketListener<PeerConnection | undefined>;
  readonly #where: Address;
  #open = 0;
  #waiting: { isMet: () => boolean; resolve: () => void }[] = [];

  /**
   * @param script runs at every connection; default: nothing happens until the test says so
   * @param where default: any free port
   * @param tls makes it speak TLS: the script runs after the handshake
   */
  constructor(
    script: (connection: PeerConnection) => void = () => {},
    where: Address = { host: "127.0.0.1", port: 0 },
    tls?: TLSOptions,
  ) {
    this.script = script;
    this.#where = where;
    const open = (socket: Socket<PeerConnection | undefined>) => {
      this.#open++;
      if (tls) this.#secure(socket, tls);
      else this.#came(socket);
    };
    const how = { allowHalfOpen: true, socket: tls ? { drain() {}, open } : { ...this.#handlers, open } };
    this.#server = isUnix(where)
      ? Bun.listen<PeerConnection | undefined>({ ...how, unix: where.path })
      : Bun.listen<PeerConnection | undefined>({ ...how, hostname: where.host, port: where.port });
  }

  get port(): number {
    return (this.#server as TCPSocketListener).port;
  }

  get address(): Address {
    return isUnix(this.#where) ? this.#where : { host: this.#where.host, port: this.port };
  }

  /** Number of open connections. */
  get open(): number {
    return this.#open;
  }

  /** Resolves when `isMet` holds; checked after every event. */
  until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ isMet, resolve });
      this.#changed();
    });
  }

  /** The connection with that number, once it has been made. */
  async connection(index = 0): Promise<PeerConnection> {
    await this.until(() => this.connections.length > index);
    return this.connections[index] as PeerConnection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.connections) connection.reset();
    this.#server.stop(false);
    await this.until(() => this.#open === 0);
  }

  #secure(socket: Socket<PeerConnection | undefined>, tls: TLSOptions): void {
    const [raw] = socket.upgradeTLS<PeerConnection | undefined>({
      tls,
      socket: {
        ...this.#handlers,
        open() {},
        handshake: (secure, ok, error) => {
          if (ok && (tls.requestCert !== true || secure.authorized)) return this.#came(secure, raw);
          this.refusals.push(error?.message ?? "");
          this.#changed();
          secure.terminate();
        },
      },
    });
  }

  #came(socket: Socket<PeerConnection | undefined>, raw = socket): void {
    const connection = new PeerConnection(socket, raw);
    socket.data = connection;
    this.connections.push(connection);
    this.script(connection);
    this.#changed();
  }

  readonly #handlers: SocketHandler<PeerConnection | undefined> = {
    data: ({ data: connection }, bytes) => {
      if (!connection) return;
      connection.received += bytes.toString("latin1");
      connection.onData();
      this.#changed();
    },
    end: ({ data: connection }) => {
      if (!connection) return;
      connection.inputEnded = true;
      connection.onEnd();
      this.#changed();
    },
    drain: ({ data: connection }) => connection?.drained(),
    close: () => {
      this.#open--;
      this.#changed();
    },
    error: (socket) => socket.terminate(),
  };

  #changed(): void {
    const met = this.#waiting.filter(({ isMet }) => isMet());
    this.#waiting = this.#waiting.filter((each) => !met.includes(each));
    for (const { resolve } of met) resolve();
  }
}
