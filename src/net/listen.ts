import type { Socket } from "bun";
import type { Clock } from "../time/clock.ts";
import { Deferred, succeed } from "../deferred/mod.ts";
import type { Address } from "./address.ts";
import { Members } from "./clients/members.ts";
import { SendLimits } from "./clients/send-limits.ts";
import { Connection } from "./connection.ts";
import type { Ending } from "./ending.ts";
import { ListenError } from "./errors.ts";
import { canCallLibc } from "./libc.ts";
import type { Inherited } from "./inherited.ts";
import { Port, type Doorkeeper } from "./port.ts";
import { CLIENT_LIMITS, type ClientLimits } from "./clients/client-limits.ts";
import { Handshakes, type ListenTls } from "./tls/handshakes.ts";
import { PrefaceReading, type Preface } from "./tls/preface.ts";
import type { ConnectionOwner, Protocol, Transport } from "./transport.ts";

/** Options of a Listener. */
export interface ListenOptions {
  readonly clock: Clock;
  /** Absent: no TLS. */
  readonly tls?: ListenTls | undefined;
  /** Returns what a client must send before its TLS handshake; undefined: nothing. Absent: no client must. */
  readonly preface?: ((client: Connection) => Preface | undefined) | undefined;
  /** Limits for clients; default: CLIENT_LIMITS. */
  readonly limits?: Partial<ClientLimits>;
  /** Admits a client, or returns why it is reset at once; absent: all are admitted. */
  readonly admit?: (client: Connection) => Ending | undefined;
  /** Called with a client that was not admitted, after it was reset. */
  readonly turnedAway?: (client: Connection) => void;
  /** Called with every other client at its end. */
  readonly gone?: (client: Connection) => void;
  /** Whether every protocol writes its answer at once and closes: packets may wait for the FIN then. Default: false. */
  readonly wholeAnswers?: boolean;
  /** Called after a protocol threw, which is a bug, and its connection was reset. */
  readonly protocolFailed: (error: unknown) => void;
}

const NO_PREFACE = "this system offers no way to read a PROXY header before TLS";

/** Options of draining. */
export interface DrainOptions {
  /** Whether clients that have not sent their request yet still may; they are not notified. Default: false. */
  readonly lettingAsk?: boolean;
}

/** Where to listen. */
export interface ListenPlace {
  readonly address: Address;
  /** A listening socket to use instead of a new one. */
  readonly inherited?: Inherited | undefined;
}

/** Makes a protocol for each client of a port, and tracks the connected ones. */
export class Listener implements ConnectionOwner<Connection>, Doorkeeper {
  readonly isUnix: boolean;
  readonly protocolFailed: (error: unknown) => void;
  readonly waitsForReaders = true;
  readonly #options: ListenOptions;
  readonly #accept: (transport: Transport) => Protocol;
  readonly #handshakes: Handshakes | undefined;
  readonly #port: Port;
  readonly #connections = new Members<Connection>();
  readonly #limits: SendLimits;
  readonly #gone: (client: Connection) => void;
  #drained: Deferred<void> | undefined = undefined;
  /** Whether clients are notified of draining. */
  #notifies = false;
  #isClosed = false;

  /**
   * @param port new clients of it belong to this listener from now on
   * @throws {ListenError} if nothing can be read before a TLS handshake
   */
  constructor(options: ListenOptions, accept: (transport: Transport) => Protocol, port: Port) {
    const { clock, tls } = options;
    const preface = tls && options.preface;
    if (preface && !canCallLibc()) throw new ListenError(port.address, "ENOTSUP", NO_PREFACE);
    const limits = { ...CLIENT_LIMITS, ...options.limits };
    this.#options = options;
    this.#accept = accept;
    this.#limits = new SendLimits(clock, limits);
    this.protocolFailed = options.protocolFailed;
    this.#gone = options.gone ?? (() => {});
    this.#port = port;
    this.isUnix = port.isUnix;
    this.#handshakes = tls && this.#handshakesFor(tls, clock);
    // Not with TLS: each piece of a handshake would be delayed by 200 ms.
    const corked = (options.wholeAnswers ?? false) && !tls;
    port.giveTo(this, { corked, waitsForBytes: preface !== undefined, sendBuffer: limits.sendBuffer });
  }

  /** Where it listens, with the real port. */
  get address(): Address {
    return this.#port.address;
  }

  get port(): Port {
    return this.#port;
  }

  /** How many clients are connected, including those that only have to hang up. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Bun: a client has connected. */
  came(socket: Socket<Connection>): void {
    const { admit, turnedAway } = this.#options;
    const connection = new Connection(socket, this);
    socket.data = connection;
    try {
      const refused = admit?.(connection);
      if (refused) {
        connection.abort(refused);
        turnedAway?.(connection);
        return;
      }
      this.#connections.add(connection);
      if (this.#handshakes) this.#secure(connection, socket, this.#handshakes);
      else connection.attach(this.#accept(connection));
    } catch (error) {
      connection.fail(error); // Bun would close it cleanly.
    }
  }

  /** Stops accepting clients, but leaves the port open for its next owner. Present clients stay. */
  leavePort(): void {
    this.#isClosed = true;
  }

  /** Stops accepting clients and closes the port; fires when the last client has gone. Safe to call again. */
  drain({ lettingAsk = false }: DrainOptions = {}): Deferred<void> {
    this.#close();
    this.#notifies ||= !lettingAsk;
    if (this.#notifies) for (const connection of this.#connections) connection.draining();
    if (this.#connections.size === 0) return succeed<void>(undefined);
    this.#drained ??= new Deferred<void>();
    return this.#drained.fork();
  }

  /** How many clients have not received their complete answer. */
  get unserved(): number {
    let unserved = 0;
    for (const { isServed } of this.#connections) if (!isServed) unserved++;
    return unserved;
  }

  /** Closes the port and resets all clients that have not received their complete answer. */
  abort(): void {
    this.#close();
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

  #secure(client: Connection, socket: Socket<Connection>, handshakes: Handshakes): void {
    const { preface: prefaceOf, clock } = this.#options;
    const preface = prefaceOf?.(client);
    if (client.ending) return;
    if (!preface) return handshakes.begin(client, socket);
    new PrefaceReading({ client, socket, preface, clock }, () => {
      handshakes.begin(client, socket);
      client.resumeReading();
    }).start();
  }

  #handshakesFor(tls: ListenTls, clock: Clock): Handshakes {
    return new Handshakes(tls, clock, (client) => {
      client.attach(this.#accept(client));
      if (this.#notifies) client.draining(); // Its protocol was not attached when the others were notified.
    });
  }

  #close(): void {
    if (!this.#isClosed) this.#port.close();
    this.#isClosed = true;
  }

  #noteDrained(): void {
    if (this.#connections.size > 0 || !this.#drained) return;
    const drained = this.#drained;
    this.#drained = undefined;
    drained.callback();
  }
}

/**
 * Opens a port and calls `accept` for every client.
 *
 * @throws {ListenError} if the port is taken, may not be opened, or is not on this machine
 */
export function listen(
  { address, inherited, ...options }: ListenOptions & ListenPlace,
  accept: (transport: Transport) => Protocol,
): Listener {
  return new Listener(options, accept, new Port(address, { inherited }));
}
