import { isIP } from "node:net";
import type {
  Socket,
  SocketHandler,
  TCPSocketListener,
  TCPSocketListenOptions,
  UnixSocketListener,
} from "bun";
import { isUnix, listeningHost, type Address } from "./address.ts";
import { Connection } from "./connection.ts";
import { connectionHandlers } from "./socket/handlers.ts";
import { describeSystemError, ListenError } from "./errors.ts";
import { listenOnInherited, type Inherited } from "./inherited.ts";
import { descriptorOf, listen, setSocketOption } from "./libc.ts";
import { listenOnUnix } from "./unix/listen-on-unix.ts";
import { groupOf, type SocketFile } from "./unix/socket-file.ts";

const BACKLOG = 4096;

export interface PortOptions {
  /** Whether other processes may listen there, too: the kernel spreads clients over them. Default: false. */
  readonly reusePort?: boolean | undefined;
  /** A socket that listens already, to be used instead of a new one. */
  readonly inherited?: Inherited | undefined;
}

export interface Tuning {
  readonly corked: boolean;
  readonly waitsForBytes?: boolean;
  /** Bytes. */
  readonly sendBuffer?: number | undefined;
}

/** Whoever lets in those that come to a port. */
export interface Doorkeeper {
  came(socket: Socket<Connection>): void;
}

/** An open port. Who serves it may change: its socket stays, and so does the queue of those that are about to come in. */
export class Port {
  readonly wanted: Address;
  /** Whether others may listen there, too. */
  readonly isReusable: boolean;
  readonly #server: Server;
  /** Where it listens, if that is not what Bun says. */
  readonly #address: Address | undefined;
  readonly #file: SocketFile | undefined;
  #doorkeeper: Doorkeeper | undefined = undefined;
  #tuning: Tuning | undefined = undefined;
  #permitted: Address | undefined = undefined;

  /**
   * Opens the port; it is to be given to somebody in the same turn of the event loop.
   *
   * @param wanted port 0: any free one
   * @throws {ListenError} when the port is taken, not ours to open, or not on this machine
   */
  constructor(wanted: Address, { reusePort = false, inherited }: PortOptions = {}) {
    this.wanted = wanted;
    this.isReusable = reusePort;
    const handlers: SocketHandler<Connection> = {
      ...connectionHandlers,
      open: (socket) => this.#doorkeeper?.came(socket),
    };
    try {
      const { server, file, address } = inherited
        ? listenOnInherited(wanted, inherited, handlers)
        : open(wanted, reusePort, handlers);
      this.#server = server;
      this.#address = address;
      this.#file = file;
    } catch (error) {
      if (error instanceof ListenError) throw error;
      const { code } = error as { code?: string };
      throw new ListenError(wanted, code, code ? describeSystemError(error) : withoutCode(wanted));
    }
  }

  get isUnix(): boolean {
    return isUnix(this.wanted);
  }

  /** Where it listens: the port is the real one. */
  get address(): Address {
    if (this.#address) return this.#address;
    if (isUnix(this.wanted)) return this.wanted;
    const { port } = this.#server as TCPSocketListener;
    return { host: listeningHost(this.wanted.host), port };
  }

  /** From now on, clients are `doorkeeper`'s; those that are there stay where they are. */
  giveTo(doorkeeper: Doorkeeper, tuning: Tuning): void {
    this.#doorkeeper = doorkeeper;
    this.#tuning = tuning;
    tune(this.#server, tuning);
  }

  /** What another process needs to listen here as well: valid in this one as long as the port is open. */
  get inheritable(): Inherited {
    return { fd: descriptorOf(this.#server), file: this.#file?.identity };
  }

  /** Whether the file of a Unix socket goes when this port closes. Of one that is inherited it does not, until it is told. */
  set removesFile(removes: boolean) {
    if (this.#file) this.#file.isOurs = removes;
  }

  /** Makes it what it was, after another process has listened here as well and made it what it needs. */
  restore(): void {
    if (this.#tuning) tune(this.#server, this.#tuning);
    if (this.#permitted) this.permit(this.#permitted);
  }

  /**
   * Looks whether it can have the permissions that `wanted` asks for.
   *
   * @throws {ListenError}
   */
  check(wanted: Address): void {
    if (isUnix(wanted)) groupOf(wanted);
  }

  /** From now on it has the permissions that `wanted` asks for. Clients that are there stay. */
  permit(wanted: Address): void {
    this.#permitted = wanted;
    if (isUnix(wanted)) this.#file?.permit(wanted);
  }

  /** Takes no more clients. */
  close(): void {
    this.#file?.remove(); // First: then nobody new finds the socket that is about to close.
    this.#server.stop(false); // stop(true) would end unfinished answers in order.
  }
}

type Server = TCPSocketListener<Connection> | UnixSocketListener<Connection>;

interface Opened {
  readonly server: Server;
  readonly address?: Address;
  readonly file?: SocketFile | undefined;
}

/** A half-open client, which ends its side early, still gets its answer. */
function open(address: Address, reusePort: boolean, socket: SocketHandler<Connection>): Opened {
  if (isUnix(address)) return listenOnUnix(address, socket);
  const { host, port, isOnlyIpv6 = false } = address;
  const where = { hostname: listeningHost(host), port, ipv6Only: isOnlyIpv6, reusePort };
  return {
    server: Bun.listen({ ...where, allowHalfOpen: true, socket } as TCPSocketListenOptions<Connection>),
  };
}

/** Bun gives no code for a name that it cannot resolve, nor where no file descriptor is left. */
function withoutCode(address: Address): string {
  return isUnix(address) || isIP(address.host) !== 0
    ? describeSystemError({ code: "EMFILE" })
    : "no such host";
}

/**
 * Gives a listener what Bun has no option for. Where libc cannot be called it works without, only slower.
 *
 * - A longer queue of clients that wait for `accept`. Bun fixes it at 512 and ignores the option, and a client that finds
 *   it full tries again only a second later.
 * - `corked`: connections hold the end of what was written until they are closed, so that the end of an answer and its FIN
 *   travel in one packet. Accepted connections inherit it. Not for services that pause: the kernel holds bytes for 200 ms.
 * - `waitsForBytes`: a client that has said nothing is let in a second later.
 * - `sendBuffer`: how much the kernel holds for a client that does not read; without it that grows to some MB each.
 */
export function tune(server: object, { corked, waitsForBytes = false, sendBuffer }: Tuning): void {
  const { fd } = server as { fd?: number };
  if (fd === undefined) return;
  listen(fd, BACKLOG);
  setSocketOption(fd, "TCP_CORK", corked ? 1 : 0);
  setSocketOption(fd, "TCP_DEFER_ACCEPT", waitsForBytes ? 1 : 0);
  if (sendBuffer !== undefined) setSocketOption(fd, "SO_SNDBUF", Math.min(sendBuffer, LARGEST_SEND_BUFFER));
}

/** Half of what an int holds: Linux doubles the value. It lowers a large one to the limit that the system sets (net.core.wmem_max). */
const LARGEST_SEND_BUFFER = 2 ** 30 - 1;
