import { maybeDeferred, type Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { ClientLimits } from "../net/client-limits.ts";
import type { Ending } from "../net/ending.ts";
import { listen, type Listener } from "../net/listen.ts";
import type { ListenTls } from "../net/tls/handshakes.ts";
import type { ServerIdentity } from "../net/tls/server-tls.ts";
import type { Protocol, Transport, Visit } from "../net/transport.ts";
import type { Clock } from "../time/clock.ts";
import { CertificateWatch } from "./certificate-watch.ts";
import type { PortEvents } from "./events.ts";
import type { Figures } from "./figures.ts";
import type { Observer } from "./observer.ts";
import type { Service } from "./service.ts";

/** Where a service listens, and what its clients may cost. */
export interface ListenSettings<L = Partial<ClientLimits>> {
  /** Port 0: any free one. */
  readonly address: Address;
  /** Absent: clients speak in the clear. */
  readonly tls?: ListenTls | undefined;
  /** Whether other processes may listen there, too; default: false. */
  readonly reusePort?: boolean;
  readonly limits?: L;
  /** Which clients have to say for whom they speak, in a PROXY header; absent: none, and nobody looks for one. */
  readonly proxies?: Proxies | undefined;
}

/** Which clients are proxies. */
export interface Proxies {
  /** @param host the address of a client, `unix` where it came by a Unix socket */
  allow(host: string): boolean;
}

export interface PortServiceOptions<L = Partial<ClientLimits>> {
  readonly listen: ListenSettings<L>;
  readonly clock: Clock;
  readonly observer: Observer<PortEvents>;
  /** Whether the observer wants to know who every client was, also of those who leave by themselves: a system call each. */
  readonly needsPeers?: boolean;
  /** Whether the observer wants to know which client it was and when it came: an access log does. */
  readonly needsTimes?: boolean;
}

/** Who may come in. */
export interface Entrance {
  /** How many it lets in at a time; Infinity: any number. */
  readonly maxClients: number;
  /** Lets a client in, or says why not. */
  admit(client: Visit): Ending | undefined;
  /** One that was let in has gone. */
  left(client: Visit): void;
  /** Has something to hear from clients before they are served: gives the protocol that hears it, and then serves. */
  greet?(client: Transport, serve: (client: Transport) => Protocol): Protocol;
}

type Greeter = Required<Entrance>;

/** A service behind one open port: what all of them have in common. */
export abstract class PortService implements Service {
  readonly #options: PortServiceOptions;
  readonly #entrance: Entrance;
  readonly #watch: CertificateWatch | undefined;
  #listener: Listener | undefined = undefined;
  #arrivals = 0;

  constructor(options: PortServiceOptions, entrance: Entrance) {
    this.#options = options;
    this.#entrance = entrance;
    const { tls } = options.listen;
    this.#watch = tls && new CertificateWatch(tls.server, options);
  }

  get clients(): number {
    return this.#listener?.connections ?? 0;
  }

  figures(): Figures {
    return { clients: this.clients, maxClients: this.#entrance.maxClients };
  }

  get unserved(): number {
    return this.#listener?.unserved ?? 0;
  }

  start(): Deferred<Address> {
    const { listen: settings, clock, observer, needsPeers = false, needsTimes = false } = this.#options;
    const entrance = this.#entrance;
    const serve = (client: Transport) => this.serve(client);
    return maybeDeferred(() => {
      const listener = listen(
        {
          ...settings,
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
        entrance.greet ? (client) => (entrance as Greeter).greet(client, serve) : serve,
      );
      this.#listener = listener;
      this.announce(listener.address);
      this.#watch?.start();
      return listener.address;
    });
  }

  /**
   * Shows those who come from now on another certificate.
   *
   * @throws {CertificateError} if it cannot be used: then everything stays as it is
   */
  renewTls(identity: ServerIdentity): void {
    this.#options.listen.tls?.server.renew(identity);
    this.#watch?.start();
  }

  drain(): Deferred<void> {
    this.#watch?.stop();
    return maybeDeferred(() => this.#listener?.drain());
  }

  abort(): void {
    this.#watch?.stop();
    this.#listener?.abort();
  }

  /** Whether every client gets its answer in one piece, and then the end. */
  protected readonly wholeAnswers: boolean = false;

  /** Tells the observer that the port is open. */
  protected abstract announce(address: Address): void;

  /** A client connected. */
  protected abstract serve(transport: Transport): Protocol;
}
