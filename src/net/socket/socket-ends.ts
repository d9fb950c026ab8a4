import { normalizeHost, ON_UNIX_SOCKET, UNKNOWN, type Route, type TcpAddress } from "../address.ts";

/** Of Bun's sockets. */
interface Named {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** The two ends of a connection: looked up when somebody wants to know, or as a relay announced them. */
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

  /** They are what a relay says they are. */
  announce({ source, destination }: Route): void {
    this.#source = source;
    this.#destination = destination;
  }

  #endAt(host: string | undefined, port: number | undefined): TcpAddress {
    if (this.#isUnix) return ON_UNIX_SOCKET;
    return host === undefined || port === undefined ? UNKNOWN : { host: normalizeHost(host), port };
  }
}
