import type { Socket, SocketHandler, TCPSocketConnectOptions } from "bun";
import { isUnix, type Address } from "../../src/net/address.ts";
import { NotClosedError } from "../../src/net/errors.ts";
import { identityOfClients } from "./stage-tls.ts";
import { connectTlsSocket, type TestIdentity } from "./tls-socket.ts";

/** How a visit ended: the bytes received, and whether the server closed cleanly or reset. */
export interface Visit {
  readonly bytes: Buffer;
  /** `cut`: a FIN without close_notify. */
  readonly end: "fin" | "reset" | "cut" | "refused";
}

/** A client that behaves as a test wants. */
export class Visitor {
  /** Settles when the server has ended the connection. */
  readonly visit: Promise<Visit>;
  /** Settles when the connection is made. */
  readonly connected: Promise<void>;
  readonly #chunks: Buffer[] = [];
  #socket: Socket | undefined = undefined;
  #writeFailed = false;
  #keepsOpen = false;
  #waiting: (() => void)[] = [];

  /**
   * @param to the address, or a port of 127.0.0.1
   * @param greet runs as soon as the connection is established: to send, to end early, to stop reading
   * @param tls the server's identity for TLS; default: in the clear, unless the stage uses TLS
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
      // After a failed write Bun reports a reset as a clean end.
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

  /** In how many pieces the answer arrived. */
  get pieces(): number {
    return this.#chunks.length;
  }

  /** Sends a little more; returns how many bytes the kernel accepted. */
  async send(bytes: string | Uint8Array): Promise<number> {
    await this.connected;
    const taken = this.#socket?.write(bytes) ?? 0;
    if (taken < 0) this.#writeFailed = true;
    return Math.max(0, taken);
  }

  /** Sends more than the kernel accepts at once. */
  async sendOn(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.send(bytes.subarray(sent));
      if (sent < bytes.length) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Half-closes; still reads. */
  async endInput(): Promise<void> {
    await this.connected;
    this.#socket?.shutdown();
  }

  /** Does not close when the server does. */
  keepOpen(): void {
    this.#keepsOpen = true;
  }

  /** Resets. */
  async vanish(): Promise<void> {
    await this.connected;
    this.#socket?.terminate();
  }

  /** Resolves when exactly `text` has arrived. */
  async until(text: string): Promise<void> {
    while (Buffer.concat(this.#chunks).toString() !== text) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Stops reading. */
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
