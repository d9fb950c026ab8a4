import type { SocketHandler, TCPSocketListener, TCPSocketListenOptions, UnixSocketListener } from "bun";
import { isUnix, normalizeHost, type Address } from "./address.ts";
import { ListenError } from "./errors.ts";
import { SocketFile, type FileIdentity } from "./unix/socket-file.ts";

/** A listening socket that another process has opened and left to this one. */
export interface Inherited {
  /** Of this process; it is closed with the port. */
  readonly fd: number;
  /** The file of a Unix socket, if it is to be ours; absent: somebody else keeps it, or there is none. */
  readonly file?: FileIdentity | undefined;
}

/** Bun tells it, its types do not. */
interface SocketName {
  family?: string;
  address?: string;
  port?: number;
}

/** An inherited socket that is listened on. */
export interface InheritedServer<D> {
  readonly server: TCPSocketListener<D> | UnixSocketListener<D>;
  /** Where it listens in fact; of a Unix socket it is what was wanted, because Bun does not tell its path. */
  readonly address: Address;
  readonly file: SocketFile | undefined;
}

/**
 * Listens on a socket that was inherited.
 *
 * @throws {ListenError} if the descriptor is no listening socket, or not of the kind that is wanted
 */
export function listenOnInherited<D>(
  wanted: Address,
  { fd, file }: Inherited,
  socket: SocketHandler<D>,
): InheritedServer<D> {
  let server: TCPSocketListener<D>;
  try {
    // Bun knows `fd`, its types do not.
    server = Bun.listen({ fd, allowHalfOpen: true, socket } as unknown as TCPSocketListenOptions<D>);
  } catch {
    throw new ListenError(wanted, "EINVAL", `descriptor ${fd} is no listening socket (EINVAL)`);
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

/** Where a socket listens by TCP; undefined: not by TCP. */
function addressOf(server: object): Address | undefined {
  const name: SocketName = {};
  (server as { getsockname(into: SocketName): void }).getsockname(name);
  const { address: host, port } = name;
  return host === undefined || port === undefined ? undefined : { host: normalizeHost(host), port };
}
