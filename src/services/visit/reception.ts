import { UNKNOWN } from "../../net/address.ts";
import type { Ending } from "../../net/ending.ts";
import type { Preface } from "../../net/tls/preface.ts";
import type { Protocol, Transport, Visit } from "../../net/transport.ts";
import type { Clock } from "../../time/clock.ts";
import { DeadlineQueue } from "../../time/deadlines.ts";
import type { Entrance, Proxies } from "../port-service.ts";
import { HeaderBeforeTls } from "./header-before-tls.ts";
import { Greeting, HEADER_TIMEOUT_MS, Stranger } from "./greeting.ts";

/**
 * The entrance of a service behind proxies. These must send a PROXY header, and the client that it names counts from
 * then on. Other clients must not send one.
 */
export class Reception implements Entrance {
  readonly #inner: Entrance;
  readonly #proxies: Proxies;
  readonly #clock: Clock;
  /** Proxies whose client is not admitted yet, because the header is incomplete or names none. */
  readonly #unknown = new Set<Visit>();
  readonly #headers: DeadlineQueue<{ expired(): void }>;
  #clients = 0;

  /** @param inner admits clients once they are known */
  constructor(inner: Entrance, proxies: Proxies, clock: Clock) {
    this.#inner = inner;
    this.#proxies = proxies;
    this.#clock = clock;
    this.#headers = new DeadlineQueue(clock, HEADER_TIMEOUT_MS, (greeting) => greeting.expired());
  }

  get maxClients(): number {
    return this.#inner.maxClients;
  }

  admit(client: Visit): Ending | undefined {
    const isProxy = isGone(client) || this.#proxies.allow(client.peer.host);
    const refused = isProxy ? this.#limit() : this.#inner.admit(client);
    if (refused) return refused;
    this.#clients++;
    if (isProxy) this.#unknown.add(client);
    return undefined;
  }

  left(client: Visit): void {
    this.#clients--;
    if (!this.#unknown.delete(client)) this.#inner.left(client);
  }

  greet(client: Transport, serve: (client: Transport) => Protocol): Protocol {
    if (!this.#unknown.has(client)) return Stranger.watched(client, serve(client));
    if (isGone(client)) {
      client.abort("client/header/check");
      return {};
    }
    const greeting: Greeting = new Greeting(client, this.#clock, {
      heard: () => this.#headers.delete(greeting),
      serve: () => this.#serve(client, serve),
    });
    this.#headers.start(greeting);
    return greeting;
  }

  preface(client: Transport): Preface | undefined {
    if (!this.#unknown.has(client)) return undefined; // Its first bytes begin the TLS handshake.
    if (isGone(client)) {
      client.abort("client/header/check");
      return undefined;
    }
    const header: HeaderBeforeTls = new HeaderBeforeTls(client, {
      heard: () => this.#headers.delete(header),
      admit: () => this.#admitKnown(client),
    });
    this.#headers.start(header);
    return header;
  }

  secured(client: Transport, serve: (client: Transport) => Protocol): Protocol {
    client.status = undefined;
    return this.#unknown.has(client) ? (this.#serve(client, serve) ?? {}) : serve(client);
  }

  /** Serves a client that is known now, if it is admitted. */
  #serve(client: Transport, serve: (client: Transport) => Protocol): Protocol | undefined {
    const refused = this.#admitKnown(client);
    if (!refused) return serve(client);
    client.abort(refused);
    return undefined;
  }

  #admitKnown(client: Visit): Ending | undefined {
    const refused = this.#inner.admit(client);
    if (!refused) this.#unknown.delete(client);
    return refused;
  }

  #limit(): Ending | undefined {
    return this.#clients >= this.maxClients ? "proxy/accept/limit" : undefined;
  }
}

/** Wraps an entrance in a Reception if there are proxies. */
export function behindProxies(inner: Entrance, proxies: Proxies | undefined, clock: Clock): Entrance {
  return proxies ? new Reception(inner, proxies, clock) : inner;
}

/** Whether the peer hung up before its address could be read: health checks do, and such a peer cannot be trusted. */
function isGone({ peer }: Visit): boolean {
  return peer.host === UNKNOWN.host;
}
