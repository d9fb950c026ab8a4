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

/** Where a service listens, and how it treats its clients. */
export interface ListenSettings<L = Partial<ClientLimits>> {
  /** Port 0: any free port. */
  readonly address: Address;
  /** Absent: no TLS. */
  readonly tls?: ListenTls | undefined;
  /** Several addresses, instead of `address`. */
  readonly addresses?: readonly Address[] | undefined;
  /** Who may connect to Unix sockets; absent: only the user that runs the process. */
  readonly socket?: SocketPermissions | undefined;
  /** Whether other processes may listen there, too; default: false. */
  readonly reusePort?: boolean;
  readonly limits?: L;
  /** Which clients must send a PROXY header; absent: none, and headers are not looked for. */
  readonly proxies?: Proxies | undefined;
}

/** Which clients are proxies. */
export interface Proxies {
  /** @param host the address of a client, `unix` if it came by a Unix socket */
  allow(host: string): boolean;
}

/** Options of a PortService. */
export interface PortServiceOptions<S = ListenSettings> {
  readonly listen: S;
  readonly clock: Clock;
  readonly observer: Observer<PortEvents>;
  /** Whether the observer needs the address even of clients that leave early; costs a system call per client. */
  readonly needsPeers?: boolean;
  /** Whether the observer needs the number and arrival time of every client, as an access log does. */
  readonly needsTimes?: boolean;
}

/** Decides which clients are admitted. */
export interface Entrance {
  /** Maximum number of clients at a time; Infinity: no limit. */
  readonly maxClients: number;
  /** Admits a client, or returns why not. */
  admit(client: Visit): Ending | undefined;
  /** An admitted client has left. */
  left(client: Visit): void;
  /** Returns a protocol that first reads something from the client, and then serves it. Used without TLS. */
  greet?(client: Transport, serve: (client: Transport) => Protocol): Protocol;
  /** With TLS: returns what reads something before the handshake, if anything does. */
  preface?(client: Transport): Preface | undefined;
  /** With TLS: returns the protocol that serves the client after the handshake. */
  secured?(client: Transport, serve: (client: Transport) => Protocol): Protocol;
}

/** The common part of all services that listen on ports. */
export abstract class PortService implements Service {
  #options: PortServiceOptions;
  #entrance: Entrance;
  #watch: CertificateWatch | undefined = undefined;
  #listeners: readonly Listener[] = [];
  /** Listeners of ports that it has left, which still have clients. */
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
   * Changes the options, for the ports of the next `usePorts`. Present clients keep their limits.
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

  /** Watches the certificate as long as the service listens. */
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
          if (needsPeers) void client.peer; // Caches it: it can be read only while the client is connected.
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

  /** Whether every client gets its answer in one piece, followed by a close. */
  protected get wholeAnswers(): boolean {
    return false;
  }

  /** Reports that a port is open. */
  protected abstract tellOpen(address: Address): void;

  /** Returns the protocol for a new client. */
  protected abstract serve(transport: Transport): Protocol;
}
