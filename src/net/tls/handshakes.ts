import type { Socket, SocketHandler } from "bun";
import type { Clock } from "../../time/clock.ts";
import { DeadlineQueue } from "../../time/deadlines.ts";
import { Connection } from "../connection.ts";
import { endingOf } from "../socket/losses.ts";
import type { SocketEvents } from "../socket/wire.ts";
import type { Ending } from "../ending.ts";
import { SecureWire } from "./secure-wire.ts";
import type { ServerTls } from "./server-tls.ts";
import { describeTlsError } from "./words.ts";

/** TLS for the clients of a listener. */
export interface ListenTls {
  readonly server: ServerTls;
  /** Milliseconds from the connection to the end of the handshake; 0 = no limit. */
  readonly handshakeTimeout: number;
}

/** Clients of a listener during their handshakes. */
export class Handshakes {
  readonly #server: ServerTls;
  readonly #deadlines: DeadlineQueue<Connection>;
  readonly #secured: (client: Connection) => void;

  /** @param secured called with each client whose handshake is done */
  constructor({ server, handshakeTimeout }: ListenTls, clock: Clock, secured: (client: Connection) => void) {
    this.#server = server;
    this.#deadlines = new DeadlineQueue(clock, handshakeTimeout, (each) => each.abort("client/tls/timeout"));
    this.#secured = secured;
  }

  /**
   * Begins TLS on the socket of `client`, from which nothing must have been read by Bun. Not Bun's own TLS listener,
   * because it could not change its certificate.
   */
  begin(client: Connection, socket: Socket<SocketEvents>): void {
    const { options, demandsCertificate } = this.#server;
    const handshake = new Handshake(client, demandsCertificate, this);
    const [raw, secure] = socket.upgradeTLS<SocketEvents>({
      data: handshake,
      tls: options,
      socket: secureHandlers,
    });
    raw.data = CIPHERTEXT;
    handshake.raw = raw;
    client.secured(secure);
    this.#deadlines.start(client);
  }

  /** @param isSecured whether the handshake succeeded */
  over(client: Connection, isSecured: boolean): void {
    this.#deadlines.delete(client);
    if (isSecured) this.#secured(client);
  }
}

/** Receives the events of a socket during its handshake. */
class Handshake implements SocketEvents {
  readonly client: Connection;
  /** The socket without TLS. */
  raw: Socket<SocketEvents> | undefined = undefined;
  readonly #demandsCertificate: boolean;
  readonly #handshakes: Handshakes;

  constructor(client: Connection, demandsCertificate: boolean, handshakes: Handshakes) {
    this.client = client;
    this.#demandsCertificate = demandsCertificate;
    this.#handshakes = handshakes;
  }

  /** Bun: the handshake is over. With a certificate of another authority it is `ok`, but not `authorized`. */
  finished(secure: Socket<SocketEvents>, ok: boolean, error: Error | null): void {
    if (!ok) return this.failed(error);
    const { client } = this;
    secure.data = client;
    client.secured(new SecureWire(this.raw as Socket<SocketEvents>, secure));
    const isRefused = this.#demandsCertificate && !secure.authorized;
    this.#handshakes.over(client, !isRefused);
    if (isRefused) refuse(client, "client/tls/certificate", error);
  }

  /** The handshake has failed. */
  failed(error: unknown): void {
    this.#handshakes.over(this.client, false);
    const { code } = (error ?? {}) as { code?: string };
    if (code === "ECONNRESET") this.client.abort(endingOf("open", this.client));
    else refuse(this.client, "client/tls/failed", error);
  }

  closed(error: Error | undefined): void {
    this.#handshakes.over(this.client, false);
    this.client.closed(error);
  }

  fail(bug: unknown): void {
    this.client.fail(bug);
  }

  received(): void {}
  ended(): void {}
  writable(): void {}
}

function refuse(client: Connection, ending: Ending, error: unknown): void {
  client.status = undefined;
  client.detail = describeTlsError(error);
  client.abort(ending);
}

/** Events of the raw socket are ignored. */
const CIPHERTEXT: SocketEvents = { received() {}, ended() {}, writable() {}, closed() {}, fail() {} };

/** Like `connectionHandlers`, but "error" reports faults of the peer, so our own bugs must not get there. */
const secureHandlers: SocketHandler<SocketEvents> = {
  open() {}, // Without it there is no deadline: Bun would report the socket only after the handshake.
  handshake: (socket, ok, error) =>
    guarded(socket, (handshake) => (handshake as Handshake).finished(socket, ok, error)),
  data: (socket, bytes) => guarded(socket, (events) => events.received(bytes)),
  end: (socket) => guarded(socket, (events) => events.ended()),
  drain: (socket) => guarded(socket, (events) => events.writable()),
  close: (socket, error) => guarded(socket, (events) => events.closed(error)),
  error({ data: peer }, error) {
    if (peer instanceof Handshake) peer.failed(error);
    // A client whose answer was sent still gets it.
    else if (peer instanceof Connection && !peer.ending) refuse(peer, "client/tls/broken", error);
  },
};

function guarded({ data: events }: Socket<SocketEvents>, notify: (events: SocketEvents) => void): void {
  try {
    notify(events);
  } catch (bug) {
    events.fail(bug);
  }
}
