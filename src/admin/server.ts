import { succeed, type Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import { listen, type Listener, type ListenPlace } from "../net/listen.ts";
import type { Port } from "../net/port.ts";
import type { Protocol, Transport } from "../net/transport.ts";
import type { Clock, DelayedCall } from "../time/clock.ts";
import { HttpError, HttpRequestReader, type HttpRequest } from "./request.ts";
import {
  eventsHead,
  plain,
  toBytes,
  toEvent,
  type HttpAnswer,
  type HttpEvents,
  type HttpResponse,
} from "./response.ts";
import { handlerFor, type Routes } from "./routes.ts";

export interface HttpOptions extends ListenPlace {
  readonly clock: Clock;
  readonly routes: Routes;
  /** Looks at a request before anything else. @throws {HttpError} */
  readonly guard: (request: HttpRequest) => void;
  /** Clients at a time; the next one is reset. */
  readonly maxClients: number;
  /** Told of a bug. */
  readonly failed: (error: unknown) => void;
}

/** How long a client may take to ask, and to take what it gets, in milliseconds. */
const REQUEST_MS = 5_000;
const LIMITS = { sendTimeout: 10_000, sendTotal: 60_000, linger: 2_000 };

/** Clients that get events, at a time. */
const MAX_STREAMS = 4;

/**
 * A small HTTP/1.1: one request a connection, few clients, each with little time. Not Bun.serve, because 1,000 idle
 * connections to that would take the descriptors that the services need (docs/decisions/0801).
 */
export class HttpServer {
  readonly #options: HttpOptions;
  readonly #listener: Listener;
  #streams = 0;

  /** @throws {ListenError} */
  constructor(options: HttpOptions) {
    this.#options = options;
    const { address, inherited, clock, maxClients, failed } = options;
    this.#listener = listen(
      {
        address,
        inherited,
        clock,
        limits: LIMITS,
        admit: () => (this.#listener.connections >= maxClients ? "proxy/accept/limit" : undefined),
        protocolFailed: failed,
      },
      (transport) => new HttpVisit(transport, this),
    );
  }

  /** Where it listens: the port is the real one. */
  get address(): Address {
    return this.#listener.address;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get port(): Port {
    return this.#listener.port;
  }

  /** Takes no new clients; fires when those that are there have finished. */
  close(): Deferred<void> {
    return this.#listener.drain();
  }

  /** Ends all at once. */
  abort(): void {
    this.#listener.abort();
  }

  /** What a client gets: an error where its request is refused or a handler has a bug. */
  answer(request: HttpRequest): HttpAnswer {
    try {
      this.#options.guard(request);
      return handlerFor(this.#options.routes, request)(request);
    } catch (error) {
      return this.errorFor(error);
    }
  }

  errorFor(error: unknown): HttpResponse {
    if (error instanceof HttpError) return plain(error.status, error.message, error.headers);
    this.#options.failed(error);
    return plain(500, "A bug in poetry: its log says more");
  }

  /** Begins a stream of events, if there is room for one. */
  stream({ subscribe }: HttpEvents, transport: Transport): (() => void) | undefined {
    if (this.#streams >= MAX_STREAMS) return undefined;
    this.#streams++;
    transport.write(eventsHead());
    const unsubscribe = subscribe((data) => {
      if (transport.unsent === 0) transport.write(toEvent(data)); // Else it gets the next: it is behind.
    });
    return () => {
      this.#streams--;
      unsubscribe();
    };
  }
}

/** One client of an HttpServer. */
class HttpVisit implements Protocol {
  readonly #transport: Transport;
  readonly #server: HttpServer;
  readonly #deadline: DelayedCall;
  #reader: HttpRequestReader | undefined = new HttpRequestReader();
  #unsubscribe: (() => void) | undefined = undefined;

  constructor(transport: Transport, server: HttpServer) {
    this.#transport = transport;
    this.#server = server;
    this.#deadline = server.clock.callLater(REQUEST_MS, () => transport.abort("client/request/timeout"));
  }

  dataReceived(bytes: Uint8Array): void {
    let request: HttpRequest | undefined;
    try {
      request = this.#reader?.take(bytes);
    } catch (error) {
      return this.#respond(this.#server.errorFor(error), false);
    }
    if (!request) return;
    const isHead = request.method === "HEAD";
    this.#finishReading();
    const answer = this.#server.answer(request);
    if ("subscribe" in answer) return this.#stream(answer, isHead);
    const response = "addCallback" in answer ? answer : succeed(answer);
    response
      .addErrback((failure) => this.#server.errorFor(failure.value))
      .addCallback((each) => this.#respond(each, isHead));
  }

  /** A stream of events has no end of its own; its client finds whoever listens there then. */
  draining(): void {
    if (this.#unsubscribe) this.#transport.close();
  }

  connectionLost(): void {
    this.#finishReading();
    this.#unsubscribe?.();
  }

  #respond(response: HttpResponse, isHead: boolean): void {
    this.#finishReading();
    this.#transport.write(toBytes(response, isHead));
    this.#transport.close();
  }

  #stream(events: HttpEvents, isHead: boolean): void {
    if (isHead) return this.#respond({ type: "text/event-stream", body: "" }, true);
    this.#unsubscribe = this.#server.stream(events, this.#transport);
    if (!this.#unsubscribe) this.#respond(plain(503, `At most ${MAX_STREAMS} clients get events`), false);
  }

  #finishReading(): void {
    this.#reader = undefined;
    this.#deadline.cancel();
  }
}
