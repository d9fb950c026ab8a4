import type { Socket, SocketHandler, TCPSocketConnectOptions } from "bun";
import { isUnix, type Address } from "../../src/net/address.ts";
import { NotClosedError } from "../../src/net/errors.ts";
import { identityOfClients } from "./stage-tls.ts";
import { connectTlsSocket, type TestIdentity } from "./tls-socket.ts";

/** How a visit ended: what came, and whether the server ended in order or with a reset. */
export interface Visit {
  readonly bytes: Buffer;
  /** `cut`: a FIN that TLS knows nothing of. */
  readonly end: "fin" | "reset" | "cut" | "refused";
}

/** A client with the manners a test wants it to have. */
export class Visitor {
  /** Settles when the server has ended the connection. */
  readonly visit: Promise<Visit>;
  /** Settles when the connection stands. */
  readonly connected: Promise<void>;
  readonly #chunks: Buffer[] = [];
  #socket: Socket | undefined = undefined;
  #writeFailed = false;
  #keepsOpen = false;
  #waiting: (() => void)[] = [];

  /**
   * @param to where somebody listens; of 127.0.0.1, the port alone
   * @param greet runs as soon as the connection stands: to send, to end early, to stop reading
   * @param tls with whom it speaks TLS; by default it speaks in the clear, unless all do who come there
   */
  constructor(
    to: number | Address,
    greet: (socket: Socket) => void = () => {},
    tls: TestIdentity | undefined = identityOfClients(to),
  ) {
    const over = Promise.withResolvers<Visit>();
    const connected = Promise.withResolvers<void>();
    this.visit = over.promise;
    this.connected = connected.promise;
    const finish = (end: Visit["end"]) => over.resolve({ bytes: Buffer.concat(this.#chunks), end });
    const handlers: SocketHandler<undefined> = {
      open: (socket) => {
        this.#socket = socket;
        connected.resolve();
        greet(socket);
      },
      data: (_socket, bytes) => {
        this.#chunks.push(bytes);
        for (const look of this.#waiting.splice(0)) look();
      },
      end: (socket) => {
        finish(this.#writeFailed ? "reset" : "fin");
        if (!this.#keepsOpen) socket.end();
      },
      // After a failed write Bun reports a reset as an orderly end.
      close: (_socket, error) => {
        if (error instanceof NotClosedError) finish("cut");
        else finish(error || this.#writeFailed ? "reset" : "fin");
      },
      connectError: (_socket, error) => {
        connected.resolve();
        finish((error as { code?: string }).code === "ECONNRESET" ? "reset" : "refused");
      },
    };
    const address = typeof to === "number" ? { host: "127.0.0.1", port: to } : to;
    if (tls) {
      connectTlsSocket(address, tls, handlers);
      return;
    }
    const options = { ...howToConnect(to), allowHalfOpen: true, socket: handlers };
    Bun.connect(options as TCPSocketConnectOptions).catch(() => {});
  }

  get received(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** In how many pieces it came. */
  get pieces(): number {
    return this.#chunks.length;
  }

  /** Sends a little more; gives how many bytes the kernel took. */
  async send(bytes: string | Uint8Array): Promise<number> {
    await this.connected;
    const taken = this.#socket?.write(bytes) ?? 0;
    if (taken < 0) this.#writeFailed = true;
    return Math.max(0, taken);
  }

  /** Sends more than the kernel takes at once. */
  async sendOn(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.send(bytes.subarray(sent));
      if (sent < bytes.length) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Ends its side; it still reads. */
  async endInput(): Promise<void> {
    await this.connected;
    this.#socket?.shutdown();
  }

  /** Does not end its side though the server has ended its own. */
  keepOpen(): void {
    this.#keepsOpen = true;
  }

  /** Goes away at once. */
  async vanish(): Promise<void> {
    await this.connected;
    this.#socket?.terminate();
  }

  /** Resolves when `text` is what has come. */
  async until(text: string): Promise<void> {
    while (Buffer.concat(this.#chunks).toString() !== text) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Reads no more for now. */
  pause(): void {
    this.#socket?.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket?.resume();
  }
}

function howToConnect(to: number | Address): object {
  if (typeof to === "number") return { hostname: "127.0.0.1", port: to };
  return isUnix(to) ? { unix: to.path } : { hostname: to.host, port: to.port };
}

/** A visit of a client that only reads. */
export function visit(port: number, greet?: (socket: Socket) => void): Promise<Visit> {
  return new Visitor(port, greet).visit;
}
