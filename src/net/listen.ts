import { isIP } from "node:net";
import type { SocketHandler, TCPSocketListener, TCPSocketListenOptions, UnixSocketListener } from "bun";
import type { Clock } from "../time/clock.ts";
import { Deferred, succeed } from "../deferred/mod.ts";
import { isUnix, listeningHost, type Address } from "./address.ts";
import { SendLimits } from "./clients/send-limits.ts";
import { Connection, connectionHandlers, type ConnectionOwner } from "./connection.ts";
import type { Ending } from "./ending.ts";
import { describeSystemError, ListenError } from "./errors.ts";
import { tune } from "./socket-options.ts";
import { CLIENT_LIMITS, type ClientLimits } from "./client-limits.ts";
import { Handshakes, type ListenTls } from "./tls/handshakes.ts";
import type { Protocol, Transport } from "./transport.ts";
import { listenOnUnix } from "./unix/listen-on-unix.ts";

export interface ListenOptions {
  /** Port 0: any free one. */
  readonly address: Address;
  /** Whether other processes may listen there, too: the kernel spreads clients over them. Default: false. */
  readonly reusePort?: boolean;
  readonly clock: Clock;
  /** Absent: clients speak in the clear. */
  readonly tls?: ListenTls | undefined;
  /** What clients may cost; default: CLIENT_LIMITS. */
  readonly limits?: Partial<ClientLimits>;
  /** Lets a client in, or says why it is reset at once; absent: all may come in. */
  readonly admit?: (client: Connection) => Ending | undefined;
  /** Told of a client that was not let in, after it was reset. */
  readonly turnedAway?: (client: Connection) => void;
  /** Told of every other client at its end. */
  readonly gone?: (client: Connection) => void;
  /** Every protocol writes its answer in one go and closes: the end of it may wait for the FIN. Default: false. */
  readonly wholeAnswers?: boolean;
  /** Told of a protocol that threw: a bug; its connection has been reset. */
  readonly protocolFailed: (error: unknown) => void;
}

/** An open port: makes a protocol for every client, and knows who is still there. */
export class Listener implements ConnectionOwner {
  readonly isUnix: boolean;
  readonly protocolFailed: (error: unknown) => void;
  readonly waitsForReaders = true;
  readonly #server: TCPSocketListener<Connection> | UnixSocketListener<Connection>;
  readonly #removeFile: () => void;
  readonly #address: Address;
  readonly #connections = new Set<Connection>();
  readonly #limits: SendLimits;
  readonly #gone: (client: Connection) => void;
  #drained: Deferred<void> | undefined = undefined;

  constructor(options: ListenOptions, accept: (transport: Transport) => Protocol) {
    const { clock, admit, tls } = options;
    const serve = (client: Connection) => client.attach(accept(client));
    const handshakes = tls && this.#handshakesFor(tls, clock, serve);
    const limits = { ...CLIENT_LIMITS, ...options.limits };
    this.isUnix = isUnix(options.address);
    this.#limits = new SendLimits(clock, limits);
    this.protocolFailed = options.protocolFailed;
    this.#gone = options.gone ?? (() => {});
    this.#address = options.address;
    const handlers: SocketHandler<Connection> = {
      ...connectionHandlers,
      open: (socket) => {
        const connection = new Connection(socket, this);
        socket.data = connection;
        try {
          const refused = admit?.(connection);
          if (refused) {
            connection.abort(refused);
            options.turnedAway?.(connection);
            return;
          }
          this.#connections.add(connection);
          if (handshakes) handshakes.begin(connection, socket);
          else serve(connection);
        } catch (error) {
          connection.fail(error); // Bun would end it cleanly.
        }
      },
    };
    const { server, removeFile = () => {} } = open(options, handlers);
    this.#server = server;
    this.#removeFile = removeFile;
    // A handshake in pieces would wait 200 ms for each.
    const corked = (options.wholeAnswers ?? false) && !tls;
    tune(this.#server, { corked, sendBuffer: limits.sendBuffer });
  }

  /** Where it listens: the port is the real one. */
  get address(): Address {
    if (isUnix(this.#address)) return this.#address;
    const { port } = this.#server as TCPSocketListener;
    return { host: listeningHost(this.#address.host), port };
  }

  /** Clients connected now, those that only have to hang up included. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Accepts no more; fires when the last client is gone. Safe to call again. */
  drain(): Deferred<void> {
    this.#stopListening();
    for (const connection of this.#connections) connection.draining();
    if (this.#connections.size === 0) return succeed<void>(undefined);
    this.#drained ??= new Deferred<void>();
    return this.#drained.fork();
  }

  /** How many of them have not got their whole answer. */
  get unserved(): number {
    let unserved = 0;
    for (const { isServed } of this.#connections) if (!isServed) unserved++;
    return unserved;
  }

  /** Accepts no more and resets whoever has not got a whole answer. */
  abort(): void {
    this.#stopListening();
    for (const connection of this.#connections) connection.finish();
  }

  stalled(connection: Connection): void {
    this.#limits.stalled(connection);
  }

  flowing(connection: Connection): void {
    this.#limits.flowing(connection);
  }

  lingering(connection: Connection): void {
    this.#limits.lingering(connection);
  }

  held(connection: Connection): void {
    this.#limits.held(connection);
  }

  talking(connection: Connection): void {
    this.#limits.talking(connection);
  }

  released(connection: Connection): void {
    this.#limits.released(connection);
    if (!this.#connections.delete(connection)) return; // It was turned away.
    try {
      this.#gone(connection);
    } finally {
      this.#noteDrained();
    }
  }

  #handshakesFor(tls: ListenTls, clock: Clock, serve: (client: Connection) => void): Handshakes {
    return new Handshakes(tls, clock, (client) => {
      serve(client);
      if (this.#drained) client.draining(); // It was told before it could know.
    });
  }

  #stopListening(): void {
    this.#removeFile(); // First: then nobody new finds the socket that is about to close.
    this.#server.stop(false); // stop(true) would end unfinished answers in order.
  }

  #noteDrained(): void {
    if (this.#connections.size > 0 || !this.#drained) return;
    const drained = this.#drained;
    this.#drained = undefined;
    drained.callback();
  }
}

/** A half-open client, which ends its side early, still gets its answer. */
function open({ address, reusePort = false }: ListenOptions, socket: SocketHandler<Connection>): Opened {
  if (isUnix(address)) return listenOnUnix(address, socket);
  const { host, port } = address;
  const options: TCPSocketListenOptions<Connection> & { readonly reusePort: boolean } = {
    hostname: listeningHost(host),
    port,
    reusePort,
    allowHalfOpen: true,
    socket,
  };
  return { server: Bun.listen(options) };
}

type Opened = {
  readonly server: TCPSocketListener<Connection> | UnixSocketListener<Connection>;
  readonly removeFile?: () => void;
};

/**
 * Opens a port and calls `accept` for every client.
 *
 * @throws {ListenError} when the port is taken, not ours to open, or not on this machine
 */
export function listen(options: ListenOptions, accept: (transport: Transport) => Protocol): Listener {
  try {
    return new Listener(options, accept);
  } catch (error) {
    if (error instanceof ListenError) throw error;
    const { code } = error as { code?: string };
    throw new ListenError(
      options.address,
      code,
      code ? describeSystemError(error) : withoutCode(options.address),
    );
  }
}

/** Bun gives no code for a name that it cannot resolve, nor where no file descriptor is left. */
function withoutCode(address: Address): string {
  return isUnix(address) || isIP(address.host) !== 0
    ? describeSystemError({ code: "EMFILE" })
    : "no such host";
}
