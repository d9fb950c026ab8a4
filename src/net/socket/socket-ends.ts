import { normalizeHost, ON_UNIX_SOCKET, UNKNOWN, type Route, type TcpAddress } from "../address.ts";

/** What is needed of Bun's sockets. */
interface Named {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** The two ends of a connection: read on demand, or as announced by a PROXY header. */
export class SocketEnds {
  readonly #socket: Named;
  readonly #isUnix: boolean;
  #source: TcpAddress | undefined = undefined;
  #destination: TcpAddress | undefined = undefined;

  /** @param isUnix whether it is a Unix socket, which has no addresses */
  constructor(socket: Named, isUnix: boolean) {
    this.#socket = socket;
    this.#isUnix = isUnix;
  }

  /** The peer's end. */
  get source(): TcpAddress {
    this.#source ??= this.#endAt(this.#socket.remoteAddress, this.#socket.remotePort);
    return this.#source;
  }

  /** Our end. */
  get destination(): TcpAddress {
    this.#destination ??= this.#endAt(this.#socket.localAddress, this.#socket.localPort);
    return this.#destination;
  }

  /** Replaces both by what a PROXY header announced. */
  announce({ source, destination }: Route): void {
    this.#source = source;
    this.#destination = destination;
  }

  #endAt(host: string | undefined, port: number | undefined): TcpAddress {
    if (this.#isUnix) return ON_UNIX_SOCKET;
    return host === undefined || port === undefined ? UNKNOWN : { host: normalizeHost(host), port };
  }
}
