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

/** Where an HttpServer listens, and what it serves to whom. */
export interface HttpOptions extends ListenPlace {
  readonly clock: Clock;
  readonly routes: Routes;
  /** Checks each request before its handler. @throws {HttpError} to refuse it */
  readonly guard: (request: HttpRequest) => void;
  /** The most clients at a time; further ones are reset. */
  readonly maxClients: number;
  /** Called with errors that are bugs. */
  readonly failed: (error: unknown) => void;
}

/** Time limits for a client to send its request, and to read the response, in milliseconds. */
const REQUEST_MS = 5_000;
const LIMITS = { sendTimeout: 10_000, sendTotal: 60_000, linger: 2_000 };

/** The most clients that receive events at a time: each keeps its connection. */
const MAX_STREAMS = 4;

/**
 * A small HTTP/1.1 server: one request per connection, few clients, short time limits. Not Bun.serve, because 1,000
 * idle connections to that would use up the descriptors that the services need (docs/decisions/0801).
 */
export class HttpServer {
  readonly #options: HttpOptions;
  readonly #listener: Listener;
  #streams = 0;

  /** @throws {ListenError} if the address cannot be listened on */
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

  /** Where it listens, with the real port. */
  get address(): Address {
    return this.#listener.address;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get port(): Port {
    return this.#listener.port;
  }

  /** Accepts no more clients; fires when the current ones have left. */
  close(): Deferred<void> {
    return this.#listener.drain();
  }

  /** Resets all clients at once. */
  abort(): void {
    this.#listener.abort();
  }

  /** The answer to a request: an error response if it is refused, or its handler throws. */
  answer(request: HttpRequest): HttpAnswer {
    try {
      this.#options.guard(request);
      return handlerFor(this.#options.routes, request)(request);
    } catch (error) {
      return this.errorFor(error);
    }
  }

  /** The response for an error; anything but an HttpError is reported as a bug. */
  errorFor(error: unknown): HttpResponse {
    if (error instanceof HttpError) return plain(error.status, error.message, error.headers);
    this.#options.failed(error);
    return plain(500, "A bug in poetry: see its log");
  }

  /** Starts a stream of events; undefined if there are too many. The returned function ends it. */
  stream({ subscribe }: HttpEvents, transport: Transport): (() => void) | undefined {
    if (this.#streams >= MAX_STREAMS) return undefined;
    this.#streams++;
    transport.write(eventsHead());
    const unsubscribe = subscribe((data) => {
      if (transport.unsent === 0) transport.write(toEvent(data)); // A slow client skips events.
    });
    return () => {
      this.#streams--;
      unsubscribe();
    };
  }
}

/** One client of an HttpServer: a request, its response, and the end. */
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

  /** A stream of events would never end by itself; its client reconnects to whoever listens there then. */
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
    if (!this.#unsubscribe)
      this.#respond(plain(503, `At most ${MAX_STREAMS} clients may receive events`), false);
  }

  /** Ignores further bytes, and stops the clock. */
  #finishReading(): void {
    this.#reader = undefined;
    this.#deadline.cancel();
  }
}
