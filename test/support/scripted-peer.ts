import type { Socket, SocketHandler, TCPSocketListener, UnixSocketListener } from "bun";
import { isUnix, type Address } from "../../src/net/address.ts";

/** One connection of a scripted peer: what the script may do with it. */
export class PeerConnection {
  received = "";
  /** Whether the other side has ended its own. */
  inputEnded = false;
  /** Called when bytes have come. */
  onData: () => void = () => {};
  /** Called when the other side has ended its own; by default this one ends, too. */
  onEnd: () => void = () => this.fin();
  /** Called when the kernel has room again. */
  drained: () => void = () => {};
  /** The address of the other side. */
  readonly host: string;
  readonly #socket: Socket<PeerConnection>;

  constructor(socket: Socket<PeerConnection>) {
    this.#socket = socket;
    this.host = socket.remoteAddress;
  }

  /** Sends bytes that fit into the kernel's buffer at once. */
  send(bytes: string | Uint8Array): this {
    const { length } = Buffer.from(bytes);
    const taken = this.#socket.write(bytes);
    if (taken !== length)
      throw new Error(`The kernel took ${taken} of ${length} bytes: too many for a script`);
    return this;
  }

  /** Sends the same bytes over and over, until the kernel has no room; `drained` may go on. */
  flood(bytes: Uint8Array): void {
    while (this.#socket.write(bytes) === bytes.length);
  }

  /** Sends more than the kernel takes at once, then ends in order. */
  async sendAll(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += this.#socket.write(bytes, sent, bytes.length - sent);
      if (sent < bytes.length) await new Promise<void>((resolve) => (this.drained = resolve));
    }
    this.fin();
  }

  /** Ends in order. */
  fin(): void {
    this.#socket.shutdown();
  }

  /** Ends with a reset. */
  reset(): void {
    this.#socket.terminate();
  }

  /** Lets the other side wait: its bytes stay in the kernel. */
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
  /** What is done with the connections to come. */
  script: (connection: PeerConnection) => void;
  readonly #server: TCPSocketListener<PeerConnection> | UnixSocketListener<PeerConnection>;
  readonly #where: Address;
  #open = 0;
  #waiting: { isMet: () => boolean; resolve: () => void }[] = [];

  /**
   * @param script runs when somebody connects; by default nothing happens until the test says so
   * @param where by default any free port
   */
  constructor(
    script: (connection: PeerConnection) => void = () => {},
    where: Address = { host: "127.0.0.1", port: 0 },
  ) {
    this.script = script;
    this.#where = where;
    const handlers: SocketHandler<PeerConnection> = {
      open: (socket) => {
        this.#open++;
        socket.data = new PeerConnection(socket);
        this.connections.push(socket.data);
        this.script(socket.data);
        this.#changed();
      },
      data: (socket, bytes) => {
        socket.data.received += bytes.toString("latin1");
        socket.data.onData();
        this.#changed();
      },
      end: (socket) => {
        socket.data.inputEnded = true;
        socket.data.onEnd();
        this.#changed();
      },
      drain: (socket) => socket.data.drained(),
      close: () => {
        this.#open--;
        this.#changed();
      },
    };
    const how = { allowHalfOpen: true, socket: handlers };
    this.#server = isUnix(where)
      ? Bun.listen<PeerConnection>({ ...how, unix: where.path })
      : Bun.listen<PeerConnection>({ ...how, hostname: where.host, port: where.port });
  }

  get port(): number {
    return (this.#server as TCPSocketListener).port;
  }

  get address(): Address {
    return isUnix(this.#where) ? this.#where : { host: this.#where.host, port: this.port };
  }

  /** Connections that are still there. */
  get open(): number {
    return this.#open;
  }

  /** Resolves when `isMet` holds; looked at after every event. */
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

  #changed(): void {
    const met = this.#waiting.filter(({ isMet }) => isMet());
    this.#waiting = this.#waiting.filter((each) => !met.includes(each));
    for (const { resolve } of met) resolve();
  }
}
