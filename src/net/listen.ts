import { isIP } from "node:net";
import type { TCPSocketListener, TCPSocketListenOptions } from "bun";
import type { Clock } from "../time/clock.ts";
import { Deferred, succeed } from "../deferred/mod.ts";
import { isUnix, listeningHost, type Address } from "./address.ts";
import { Connection, connectionHandlers, type ConnectionOwner } from "./connection.ts";
import type { Ending } from "./ending.ts";
import { DeadlineQueue } from "../time/deadlines.ts";
import { describeSystemError, ListenError } from "./errors.ts";
import { tune } from "./socket-options.ts";
import { CLIENT_LIMITS, type ClientLimits } from "./client-limits.ts";
import { Handshakes, type ListenTls } from "./tls/handshakes.ts";
import type { Protocol, Transport } from "./transport.ts";

export interface ListenOptions {
  /** Port 0: any free one. */
  readonly address: Address;
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
  readonly protocolFailed: (error: unknown) => void;
  readonly #server: TCPSocketListener<Connection>;
  readonly #address: Address;
  readonly #connections = new Set<Connection>();
  readonly #lingering: DeadlineQueue<Connection>;
  readonly #stalled: DeadlineQueue<Connection>;
  readonly #sending: DeadlineQueue<Connection>;
  readonly #gone: (client: Connection) => void;
  #drained: Deferred<void> | undefined = undefined;

  constructor(options: ListenOptions, accept: (transport: Transport) => Protocol) {
    const { clock, admit, tls } = options;
    const serve = (client: Connection) => client.attach(accept(client));
    const handshakes = tls && this.#handshakesFor(tls, clock, serve);
    const limits = { ...CLIENT_LIMITS, ...options.limits };
    this.#lingering = new DeadlineQueue(clock, limits.linger, (each) => each.hangUp("client/linger/timeout"));
    this.#stalled = new DeadlineQueue(clock, limits.sendTimeout, (each) => each.abort("client/data/timeout"));
    this.#sending = new DeadlineQueue(clock, limits.sendTotal, (each) => each.abort("client/data/total"));
    this.protocolFailed = options.protocolFailed;
    this.#gone = options.gone ?? (() => {});
    this.#address = options.address;
    this.#server = Bun.listen<Connection>({
      ...whereToListen(options.address),
      allowHalfOpen: true, // A client that ends its side early still gets its answer.
      socket: {
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
      },
    } as TCPSocketListenOptions<Connection>);
    // A handshake in pieces would wait 200 ms for each.
    const corked = (options.wholeAnswers ?? false) && !tls;
    tune(this.#server, { corked, sendBuffer: limits.sendBuffer });
  }

  /** Where it listens: the port is the real one. */
  get address(): Address {
    if (isUnix(this.#address)) return this.#address;
    return { host: listeningHost(this.#address.host), port: this.#server.port };
  }

  /** Clients connected now, those that only have to hang up included. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Accepts no more; fires when the last client is gone. Safe to call again. */
  drain(): Deferred<void> {
    this.#server.stop(false); // stop(true) would end unfinished answers in order.
    for (const connection of this.#connections) connection.draining();
    if (this.#connections.size === 0) return succeed<void>(undefined);
    this.#drained ??= new Deferred<void>();
    return this.#drained.fork();
  }

  /** Accepts no more and resets whoever is still there. */
  abort(): void {
    this.#server.stop(false);
    for (const connection of this.#connections) connection.abort("proxy/data/shutdown");
  }

  stalled(connection: Connection): void {
    this.#stalled.restart(connection);
    this.#sending.start(connection);
  }

  flowing(connection: Connection): void {
    this.#stalled.delete(connection);
    this.#sending.delete(connection);
  }

  lingering(connection: Connection): void {
    this.#lingering.start(connection);
  }

  released(connection: Connection): void {
    this.#lingering.delete(connection);
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

  #noteDrained(): void {
    if (this.#connections.size > 0 || !this.#drained) return;
    const drained = this.#drained;
    this.#drained = undefined;
    drained.callback();
  }
}

/** The address as Bun.listen wants it. */
function whereToListen(address: Address): { unix: string } | { hostname: string; port: number } {
  if (isUnix(address)) return { unix: address.path };
  return { hostname: listeningHost(address.host), port: address.port };
}

/**
 * Opens a port and calls `accept` for every client.
 *
 * @throws {ListenError} when the port is taken, not ours to open, or not on this machine
 */
export function listen(options: ListenOptions, accept: (transport: Transport) => Protocol): Listener {
  try {
    return new Listener(options, accept);
  } catch (error) {
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
