import { gatherResults, maybeDeferred, type Deferred } from "../deferred/mod.ts";
import { withPermissions, type Address, type SocketPermissions } from "../net/address.ts";
import type { ClientLimits } from "../net/clients/client-limits.ts";
import type { Ending } from "../net/ending.ts";
import { Listener, type DrainOptions } from "../net/listen.ts";
import { Port } from "../net/port.ts";
import { CertificateWatch } from "../net/tls/certificate-watch.ts";
import type { ListenTls } from "../net/tls/handshakes.ts";
import type { Preface } from "../net/tls/preface.ts";
import type { Protocol, Transport, Visit } from "../net/transport.ts";
import type { Clock } from "../time/clock.ts";
import type { PortEvents } from "./events.ts";
import type { Figures } from "./figures.ts";
import type { Observer } from "./observer.ts";
import type { Service } from "./service.ts";

/** Where a service listens, and the limits of its clients. */
export interface ListenSettings<L = Partial<ClientLimits>> {
  /** Port 0: any free one. */
  readonly address: Address;
  /** Absent: clients speak in the clear. */
  readonly tls?: ListenTls | undefined;
  /** Several, instead of that one. */
  readonly addresses?: readonly Address[] | undefined;
  /** Who may connect to those that are Unix sockets; absent: only we. */
  readonly socket?: SocketPermissions | undefined;
  /** Whether other processes may listen there, too; default: false. */
  readonly reusePort?: boolean;
  readonly limits?: L;
  /** Which clients must send a PROXY header; absent: none, and nobody looks for one. */
  readonly proxies?: Proxies | undefined;
}

/** Which clients are proxies. */
export interface Proxies {
  /** @param host the address of a client, `unix` if it came by a Unix socket */
  allow(host: string): boolean;
}

export interface PortServiceOptions<S = ListenSettings> {
  readonly listen: S;
  readonly clock: Clock;
  readonly observer: Observer<PortEvents>;
  /** Whether the observer needs the address of every client, including those that leave by themselves: one system call each. */
  readonly needsPeers?: boolean;
  /** Whether the observer needs the number and arrival time of every client, as an access log does. */
  readonly needsTimes?: boolean;
}

/** Who may come in. */
export interface Entrance {
  /** How many it lets in at a time; Infinity: any number. */
  readonly maxClients: number;
  /** Admits a client, or returns why not. */
  admit(client: Visit): Ending | undefined;
  /** An admitted client has gone. */
  left(client: Visit): void;
  /** Reads something from clients before they are served: returns the protocol that reads it, and then serves. */
  greet?(client: Transport, serve: (client: Transport) => Protocol): Protocol;
  /** The same where clients speak TLS: what is to be heard before that, if anything, */
  preface?(client: Transport): Preface | undefined;
  /** and what serves those who have agreed on keys. */
  secured?(client: Transport, serve: (client: Transport) => Protocol): Protocol;
}

/** The common part of all services that listen on ports. */
export abstract class PortService implements Service {
  #options: PortServiceOptions;
  #entrance: Entrance;
  #watch: CertificateWatch | undefined = undefined;
  #listeners: readonly Listener[] = [];
  /** Of ports that it has left: their last clients. */
  readonly #left = new Set<Listener>();
  #arrivals = 0;

  constructor(options: PortServiceOptions, entrance: Entrance) {
    this.#options = options;
    this.#entrance = entrance;
  }

  get clients(): number {
    return this.#all().reduce((sum, { connections }) => sum + connections, 0);
  }

  get wanted(): readonly Address[] {
    const { address, addresses = [], socket } = this.#options.listen;
    return (addresses.length > 0 ? addresses : [address]).map((each) => withPermissions(each, socket));
  }

  figures(): Figures {
    const { tls } = this.#options.listen;
    const figures = { clients: this.clients, maxClients: this.#entrance.maxClients };
    return tls ? { ...figures, certificateEnds: tls.server.expires } : figures;
  }

  get unserved(): number {
    return this.#all().reduce((sum, { unserved }) => sum + unserved, 0);
  }

  start(): Deferred<Address> {
    return maybeDeferred(() => {
      this.usePorts(this.wanted.map((address) => new Port(address, this.#options.listen)));
      this.announce();
      return (this.#listeners[0] as Listener).address;
    });
  }

  /**
   * Changes the options, for the ports of the next `usePorts`: present clients keep their limits.
   */
  protected renewPorts(options: PortServiceOptions, entrance: Entrance): void {
    this.#options = options;
    this.#entrance = entrance;
    this.usePorts([]);
  }

  usePorts(ports: readonly Port[]): void {
    const before = this.#listeners;
    this.#listeners = ports.map(
      (port) => before.find((listener) => listener.port === port) ?? this.#listenAt(port),
    );
    for (const listener of before) {
      if (this.#listeners.includes(listener)) continue;
      listener.leavePort();
      this.#left.add(listener);
    }
    for (const listener of this.#left) if (listener.connections === 0) this.#left.delete(listener);
    this.#watchCertificate();
  }

  /** While it listens. */
  #watchCertificate(): void {
    this.#watch?.stop();
    const { listen, clock, observer } = this.#options;
    const isWatched = listen.tls !== undefined && this.#listeners.length > 0;
    const warn: typeof observer.certificateExpires = (about) => observer.certificateExpires(about);
    this.#watch = isWatched ? new CertificateWatch(listen.tls.server, { clock, warn }) : undefined;
    this.#watch?.start();
  }

  retire(): void {
    this.usePorts([]);
  }

  announce(): void {
    for (const { address } of this.#listeners) this.tellOpen(address);
  }

  drain(how?: DrainOptions): Deferred<void> {
    this.#watch?.stop();
    return maybeDeferred(() => gatherResults(this.#all().map((listener) => listener.drain(how)))).addCallback(
      () => undefined,
    );
  }

  abort(): void {
    this.#watch?.stop();
    for (const listener of this.#all()) listener.abort();
  }

  #all(): Listener[] {
    return [...this.#listeners, ...this.#left];
  }

  #listenAt(port: Port): Listener {
    const { listen, clock, observer, needsPeers = false, needsTimes = false } = this.#options;
    const entrance = this.#entrance;
    const serve = (client: Transport) => this.serve(client);
    const greet = listen.tls ? entrance.secured?.bind(entrance) : entrance.greet?.bind(entrance);
    return new Listener(
      {
        ...(listen.limits && { limits: listen.limits }),
        tls: listen.tls,
        preface: entrance.preface?.bind(entrance),
        clock,
        wholeAnswers: this.wholeAnswers,
        admit: (client) => {
          if (needsPeers) void client.peer; // It can be looked up only while the client is there.
          if (needsTimes) {
            client.number = ++this.#arrivals;
            client.arrivedAt = clock.now();
          }
          return entrance.admit(client);
        },
        turnedAway: (client) => observer.turnedAway(client),
        gone: (client) => {
          entrance.left(client);
          observer.visited(client);
        },
        protocolFailed: (error) => observer.bug(error),
      },
      greet ? (client) => greet(client, serve) : serve,
      port,
    );
  }

  /** Whether every client gets its answer in one piece, and then the end. */
  protected get wholeAnswers(): boolean {
    return false;
  }

  /** Tells the observer that a port is open. */
  protected abstract tellOpen(address: Address): void;

  /** A client connected. */
  protected abstract serve(transport: Transport): Protocol;
}
