import { formatAddress, isUnix, type Address } from "../../net/address.ts";
import { ListenError } from "../../net/errors.ts";
import { isSamePlace, listeningAddress } from "../../net/socket/listening-address.ts";
import type { GivenSocket } from "./given.ts";

/** A place where a service should listen. */
interface Place {
  readonly service: string;
  readonly address: Address;
}

/** A given socket, with the address that it really listens on; undefined: none. */
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
   * The socket for this place: one that listens there and has the service's name, or none. A service that listens on
   * any free port takes any TCP socket with its name. Each socket is given only once; undefined: there is none.
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

  /**
   * Fails if another service's socket is at this address: opening one there would fail anyway, for no visible reason.
   */
  #refuse(address: Address): void {
    const other = [...this.#left].find(({ address: at }) => at && isSamePlace(at, address));
    if (!other) return;
    const why = `the service manager has opened it for ${other.name} (EADDRINUSE)`;
    throw new ListenError(address, "EADDRINUSE", why);
  }

  /**
   * To be called once all services have taken theirs.
   *
   * @throws {Error} if a socket is left: its clients would wait forever
   */
  closeRest(): void {
    if (this.#left.size === 0) return;
    const unused = [...this.#left].map(({ fd, name = "without a name", address }) =>
      address ? `${name} on ${formatAddress(address)}` : `${name}, descriptor ${fd}, which does not listen`,
    );
    throw new Error(
      `No service uses these sockets of the service manager: ${unused.join("; ")}. FileDescriptorName= must be the name of a service that listens there, or on port 0`,
    );
  }
}
