import type { SocketHandler, TCPSocketListener, TCPSocketListenOptions, UnixSocketListener } from "bun";
import { isUnix, normalizeHost, type Address } from "./address.ts";
import { ListenError } from "./errors.ts";
import { SocketFile, type FileIdentity } from "./unix/socket-file.ts";

/** A listening socket that another process has opened and passed to this one. */
export interface Inherited {
  /** The descriptor in this process; it is closed with the port. */
  readonly fd: number;
  /** The file of a Unix socket, if this process takes it over; absent: another process owns it, or there is none. */
  readonly file?: FileIdentity | undefined;
}

/** The result of Bun's getsockname(), which its types lack. */
interface SocketName {
  family?: string;
  address?: string;
  port?: number;
}

/** An inherited socket in use. */
export interface InheritedServer<D> {
  readonly server: TCPSocketListener<D> | UnixSocketListener<D>;
  /** Where it really listens; for a Unix socket the wanted address, because Bun does not report the path. */
  readonly address: Address;
  readonly file: SocketFile | undefined;
}

/**
 * Listens on an inherited socket.
 *
 * @throws {ListenError} if the descriptor is not a listening socket of the wanted kind
 */
export function listenOnInherited<D>(
  wanted: Address,
  { fd, file }: Inherited,
  socket: SocketHandler<D>,
): InheritedServer<D> {
  let server: TCPSocketListener<D>;
  try {
    // Bun's types lack `fd`.
    server = Bun.listen({ fd, allowHalfOpen: true, socket } as unknown as TCPSocketListenOptions<D>);
  } catch {
    throw new ListenError(wanted, "EINVAL", `descriptor ${fd} is not a listening socket (EINVAL)`);
  }
  const address = addressOf(server);
  if (isUnix(wanted) !== (address === undefined)) {
    server.stop();
    const kind = address === undefined ? "a Unix socket" : "a TCP port";
    throw new ListenError(wanted, "EINVAL", `descriptor ${fd} is ${kind} (EINVAL)`);
  }
  const isOurs = isUnix(wanted) && file !== undefined;
  return {
    server,
    address: address ?? wanted,
    file: isOurs ? new SocketFile(wanted.path, file) : undefined,
  };
}

/** The TCP address of a socket; undefined for other sockets. */
function addressOf(server: object): Address | undefined {
  const name: SocketName = {};
  (server as { getsockname(into: SocketName): void }).getsockname(name);
  const { address: host, port } = name;
  return host === undefined || port === undefined ? undefined : { host: normalizeHost(host), port };
}
