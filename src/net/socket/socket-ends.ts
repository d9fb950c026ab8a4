import { normalizeHost, ON_UNIX_SOCKET, UNKNOWN, type Route, type TcpAddress } from "../address.ts";

/** The part of Bun's sockets that is needed. */
interface Named {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** The two ends of a connection: looked up on demand, or as a relay announced them. */
export class SocketEnds {
  readonly #socket: Named;
  readonly #isUnix: boolean;
  #source: TcpAddress | undefined = undefined;
  #destination: TcpAddress | undefined = undefined;

  /** @param isUnix Unix sockets have no addresses */
  constructor(socket: Named, isUnix: boolean) {
    this.#socket = socket;
    this.#isUnix = isUnix;
  }

  /** The peer's. */
  get source(): TcpAddress {
    this.#source ??= this.#endAt(this.#socket.remoteAddress, this.#socket.remotePort);
    return this.#source;
  }

  /** Ours. */
  get destination(): TcpAddress {
    this.#destination ??= this.#endAt(this.#socket.localAddress, this.#socket.localPort);
    return this.#destination;
  }

  /** Sets them to what a relay announced. */
  announce({ source, destination }: Route): void {
    this.#source = source;
    this.#destination = destination;
  }

  #endAt(host: string | undefined, port: number | undefined): TcpAddress {
    if (this.#isUnix) return ON_UNIX_SOCKET;
    return host === undefined || port === undefined ? UNKNOWN : { host: normalizeHost(host), port };
  }
}
