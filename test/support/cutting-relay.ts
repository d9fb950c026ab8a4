import type { Socket, TCPSocketListener } from "bun";

interface Pair {
  client: Socket<Pair>;
  server: Socket<Pair> | undefined;
  /** What the client sent before the server was connected. */
  early: Buffer[];
}

/** A relay that passes on only the first bytes of the server, and then closes cleanly. */
export class CuttingRelay implements Disposable {
  /** Bytes of the server that were passed on. */
  passed = 0;
  readonly #listener: TCPSocketListener<Pair>;
  readonly #limit: number;

  constructor(to: number, limit: number) {
    this.#limit = limit;
    this.#listener = Bun.listen<Pair>({
      hostname: "127.0.0.1",
      port: 0,
      allowHalfOpen: true,
      socket: {
        open: (client) => {
          client.data = { client, server: undefined, early: [] };
          void this.#connect(client.data, to);
        },
        data: ({ data: pair }, bytes) => {
          if (pair.server) pair.server.write(bytes);
          else pair.early.push(bytes);
        },
        close: ({ data: pair }) => pair.server?.terminate(),
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }

  #connect(pair: Pair, port: number): Promise<unknown> {
    return Bun.connect<Pair>({
      hostname: "127.0.0.1",
      port,
      data: pair,
      allowHalfOpen: true,
      socket: {
        open: (server) => {
          pair.server = server;
          for (const bytes of pair.early) server.write(bytes);
        },
        data: (_server, bytes) => {
          const some = bytes.subarray(0, this.#limit - this.passed);
          pair.client.write(some);
          this.passed += some.length;
          if (this.passed >= this.#limit) pair.client.shutdown();
        },
        end: () => pair.client.shutdown(),
        close: () => {},
      },
    });
  }
}
