import { isIP } from "node:net";
import type { Socket, TCPSocketListener, TCPSocketListenOptions } from "bun";
import { isUnix, listeningHost, type Address } from "./address.ts";
import { Connection, connectionHandlers } from "./connection.ts";
import { describeSystemError, ListenError } from "./errors.ts";
import { tune, type Tuning } from "./socket-options.ts";

/** Whoever lets in those that come to a port. */
export interface Doorkeeper {
  came(socket: Socket<Connection>): void;
}

/** An open port. Who serves it may change: its socket stays, and so does the queue of those that are about to come in. */
export class Port {
  readonly #wanted: Address;
  readonly #server: TCPSocketListener<Connection>;
  #doorkeeper: Doorkeeper | undefined = undefined;

  /**
   * Opens the port; it is to be given to somebody in the same turn of the event loop.
   *
   * @param wanted port 0: any free one
   * @throws {ListenError} when the port is taken, not ours to open, or not on this machine
   */
  constructor(wanted: Address) {
    this.#wanted = wanted;
    try {
      this.#server = Bun.listen<Connection>({
        ...whereToListen(wanted),
        allowHalfOpen: true, // A client that ends its side early still gets its answer.
        socket: { ...connectionHandlers, open: (socket) => this.#doorkeeper?.came(socket) },
      } as TCPSocketListenOptions<Connection>);
    } catch (error) {
      const { code } = error as { code?: string };
      throw new ListenError(wanted, code, code ? describeSystemError(error) : withoutCode(wanted));
    }
  }

  /** Where it listens: the port is the real one. */
  get address(): Address {
    if (isUnix(this.#wanted)) return this.#wanted;
    return { host: listeningHost(this.#wanted.host), port: this.#server.port };
  }

  /** From now on, clients are `doorkeeper`'s; those that are there stay where they are. */
  giveTo(doorkeeper: Doorkeeper, tuning: Tuning): void {
    this.#doorkeeper = doorkeeper;
    tune(this.#server, tuning);
  }

  /** Takes no more clients. */
  close(): void {
    this.#server.stop(false); // stop(true) would end unfinished answers in order.
  }
}

/** The address as Bun.listen wants it. */
function whereToListen(address: Address): { unix: string } | { hostname: string; port: number } {
  if (isUnix(address)) return { unix: address.path };
  return { hostname: listeningHost(address.host), port: address.port };
}

/** Bun gives no code for a name that it cannot resolve, nor where no file descriptor is left. */
function withoutCode(address: Address): string {
  return isUnix(address) || isIP(address.host) !== 0
    ? describeSystemError({ code: "EMFILE" })
    : "no such host";
}
