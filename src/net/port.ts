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
import { type SocketFile } from "./unix/socket-file.ts";

const BACKLOG = 4096;

/** Options of a Port. */
export interface PortOptions {
  /** Whether other processes may listen there, too (SO_REUSEPORT), and share the clients. Default: false. */
  readonly reusePort?: boolean | undefined;
  /** A listening socket to use instead of a new one. */
  readonly inherited?: Inherited | undefined;
}

/** Socket options of a listener; see tune(). */
export interface Tuning {
  readonly corked: boolean;
  readonly waitsForBytes?: boolean;
  /** Bytes. */
  readonly sendBuffer?: number | undefined;
}

/** Receives the new clients of a port. */
export interface Doorkeeper {
  came(socket: Socket<Connection>): void;
}

/** An open port. Its owner may change while the socket and its queue of clients stay. */
export class Port {
  readonly wanted: Address;
  /** Whether other processes may listen there, too. */
  readonly isReusable: boolean;
  readonly #server: Server;
  /** Where it listens, if Bun reports something else. */
  readonly #address: Address | undefined;
  readonly #file: SocketFile | undefined;
  #doorkeeper: Doorkeeper | undefined = undefined;
  #tuning: Tuning | undefined = undefined;
  #permitted: Address | undefined = undefined;

  /**
   * Opens the port, which must be given to an owner in the same turn of the event loop.
   *
   * @param wanted port 0: any free port
   * @throws {ListenError} if the port is taken, may not be opened, or is not on this machine
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

  /** Where it listens, with the real port. */
  get address(): Address {
    if (this.#address) return this.#address;
    if (isUnix(this.wanted)) return this.wanted;
    const { port } = this.#server as TCPSocketListener;
    return { host: listeningHost(this.wanted.host), port };
  }

  /** Passes new clients to `doorkeeper` from now on; present ones stay with their owner. */
  giveTo(doorkeeper: Doorkeeper, tuning: Tuning): void {
    this.#doorkeeper = doorkeeper;
    this.#tuning = tuning;
    tune(this.#server, tuning);
  }

  /** What another process needs to listen here, too; valid while the port is open. */
  get inheritable(): Inherited {
    return { fd: descriptorOf(this.#server), file: this.#file?.identity };
  }

  /** Whether closing the port removes the file of a Unix socket. Initially false if another process owns the file. */
  set removesFile(removes: boolean) {
    if (this.#file) this.#file.isOurs = removes;
  }

  /** Restores its socket options and permissions, after another process has listened here, too, and changed them. */
  restore(): void {
    if (this.#tuning) tune(this.#server, this.#tuning);
    if (this.#permitted) this.permit(this.#permitted);
  }

  /**
   * Checks whether it can have the permissions in `wanted`.
   *
   * @throws {ListenError} if the group does not exist
   */
  check(wanted: Address): void {
    if (isUnix(wanted)) this.#file?.check(wanted);
  }

  /** Sets the permissions in `wanted`. Present clients stay. */
  permit(wanted: Address): void {
    this.#permitted = wanted;
    if (isUnix(wanted)) this.#file?.permit(wanted);
  }

  /** Stops accepting clients and closes the socket. */
  close(): void {
    this.#file?.remove(); // First, so that no new client finds the socket that is about to close.
    this.#server.stop(false); // stop(true) would end unfinished answers cleanly.
  }
}

type Server = TCPSocketListener<Connection> | UnixSocketListener<Connection>;

interface Opened {
  readonly server: Server;
  readonly address?: Address;
  readonly file?: SocketFile | undefined;
}

/** Allows half-open connections, so that a client which half-closes early still gets its answer. */
function open(address: Address, reusePort: boolean, socket: SocketHandler<Connection>): Opened {
  if (isUnix(address)) return listenOnUnix(address, socket);
  const { host, port, isOnlyIpv6 = false } = address;
  const where = { hostname: listeningHost(host), port, ipv6Only: isOnlyIpv6, reusePort };
  return {
    server: Bun.listen({ ...where, allowHalfOpen: true, socket } as TCPSocketListenOptions<Connection>),
  };
}

/** What went wrong if Bun gives no code: the name cannot be resolved, or no file descriptor is left. */
function withoutCode(address: Address): string {
  return isUnix(address) || isIP(address.host) !== 0
    ? describeSystemError({ code: "EMFILE" })
    : "no such host";
}

/**
 * Sets options of a listener that Bun has no API for. Without libc nothing is set; the listener works, but more slowly.
 *
 * - A longer backlog. Bun fixes it at 512 and ignores the option; a client that finds the queue full retries only after a
 *   second.
 * - `corked`: connections hold back the last partial packet until they are closed, so that the end of an answer and the
 *   FIN share a packet. Accepted connections inherit it. Not for services that pause: the kernel waits for 200 ms.
 * - `waitsForBytes`: a client is accepted with its first bytes, or a second later.
 * - `sendBuffer`: bytes that the kernel holds for a client that does not read; default: up to a few MB.
 */
export function tune(server: object, { corked, waitsForBytes = false, sendBuffer }: Tuning): void {
  const { fd } = server as { fd?: number };
  if (fd === undefined) return;
  listen(fd, BACKLOG);
  setSocketOption(fd, "TCP_CORK", corked ? 1 : 0);
  setSocketOption(fd, "TCP_DEFER_ACCEPT", waitsForBytes ? 1 : 0);
  if (sendBuffer !== undefined) setSocketOption(fd, "SO_SNDBUF", Math.min(sendBuffer, LARGEST_SEND_BUFFER));
}

/** Half of the largest int, because Linux doubles the value. It lowers large values to net.core.wmem_max. */
const LARGEST_SEND_BUFFER = 2 ** 30 - 1;
