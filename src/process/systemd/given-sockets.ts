import { formatAddress, isUnix, type Address } from "../../net/address.ts";
import { ListenError } from "../../net/errors.ts";
import { isSamePlace, listeningAddress } from "../../net/socket/listening-address.ts";
import type { GivenSocket } from "./given.ts";

/** A place where a service should listen. */
interface Place {
  readonly service: string;
  readonly address: Address;
}

interface Listening extends GivenSocket {
  readonly address: Address | undefined;
}

/** The listening sockets that systemd has opened for this process, which services use instead of opening their own. */
export class GivenSockets {
  readonly #hasNames: boolean;
  readonly #left: Set<Listening>;

  /** @param hasNames whether services have names, which are then compared with those of the sockets */
  constructor(sockets: readonly GivenSocket[], { hasNames }: { readonly hasNames: boolean }) {
    this.#hasNames = hasNames;
    this.#left = new Set(sockets.map((socket) => ({ ...socket, address: listeningAddress(socket.fd) })));
  }

  /**
   * The socket for this place: it listens there, and has the name of the service or none. A service for any free port takes
   * any port that has its name.
   *
   * @throws {ListenError} if the socket that listens there belongs to another service
   */
  take({ service, address }: Place): { readonly fd: number } | undefined {
    const isAny = !isUnix(address) && address.port === 0;
    const found = [...this.#left].find(({ name, address: at }) => {
      const isMeant = !this.#hasNames || name === service;
      if (!at) return false;
      return isAny ? isMeant && !isUnix(at) : (isMeant || name === undefined) && isSamePlace(at, address);
    });
    if (!found) {
      this.#refuse(address);
      return undefined;
    }
    this.#left.delete(found);
    return { fd: found.fd };
  }

  #refuse(address: Address): void {
    const other = [...this.#left].find(({ address: at }) => at && isSamePlace(at, address));
    if (!other) return;
    const why = `the service manager has opened it for ${other.name} (EADDRINUSE)`;
    throw new ListenError(address, "EADDRINUSE", why);
  }

  /**
   * All services have begun.
   *
   * @throws {Error} if no service uses one of the sockets: its clients would wait forever
   */
  closeRest(): void {
    if (this.#left.size === 0) return;
    const unused = [...this.#left].map(({ fd, name = "without a name", address }) =>
      address ? `${name} on ${formatAddress(address)}` : `${name}, descriptor ${fd}, which does not listen`,
    );
    throw new Error(
      `No service listens on what the service manager has opened: ${unused.join("; ")}. FileDescriptorName= has to be the name of a service that is told to listen there, or on port 0`,
    );
  }
}
