import { CancelledError, Deferred, Failure } from "../deferred/mod.ts";
import type { UnixAddress } from "../net/address.ts";
import { connect } from "../net/connect.ts";
import { ConnectError } from "../net/errors.ts";
import type { Protocol, Transport } from "../net/transport.ts";
import type { Clock } from "../time/clock.ts";

/** The reply of an HttpServer. */
export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

/** What to send, and how to receive the reply. */
export interface AskOptions {
  readonly method?: "GET" | "POST";
  /** Sent as JSON. */
  readonly body?: object;
  readonly clock: Clock;
  /** Called with each event of a stream of server-sent events. */
  readonly event?: (data: string) => void;
}

/** Time limit for the server to accept the connection, in milliseconds. */
const CONNECT_MS = 5_000;
/**
 * Time limit for the reply to a GET, in milliseconds: a stopped process accepts connections, but a health check must
 * end. Commands may take longer.
 */
const GET_MS = 10_000;

/** There was no reply, or not one of poetry. */
export class AskError extends Error {
  override readonly name = "AskError";
}

/** Sends a request to the HttpServer on a Unix socket. Fails with AskError. Cancelling closes the connection. */
export function ask(socket: UnixAddress, path: string, options: AskOptions): Deferred<HttpReply> {
  const { clock, event, method = "GET" } = options;
  const fail = (why: string) => new AskError(`Cannot reach poetry at ${socket.path}: ${why}`);
  let connection: Transport | undefined;
  const reply = new Deferred<HttpReply>(() => connection?.abort("client/request/left"));
  const reader = new ReplyReader(event);
  const protocol: Protocol = {
    dataReceived: (bytes) => reader.take(bytes),
    inputEnded() {
      connection?.close();
    },
    connectionLost(error) {
      if (reply.called) return;
      const whole = error ? undefined : reader.end();
      if (whole) reply.callback(whole);
      else reply.errback(fail(error?.message ?? "the connection ended before a complete answer"));
    },
  };
  const bug = (error: unknown) => void (reply.called || reply.errback(error));
  connect(socket, protocol, { clock, timeout: CONNECT_MS, protocolFailed: bug }).addCallbacks(
    (transport) => {
      connection = transport;
      transport.write(toRequest(path, options));
    },
    (failure) => {
      const detail = failure.find(CancelledError) ? "cancelled" : failure.as(ConnectError).detail;
      if (!reply.called) reply.errback(fail(detail.replace(/ after \d+ ms$/, "")));
    },
  );
  if (event || method !== "GET") return reply;
  return reply.addTimeout(GET_MS, clock, () => new Failure(fail(`no answer within ${GET_MS / 1000}s`)));
}

function toRequest(path: string, { method = "GET", body }: AskOptions): Uint8Array {
  const content = Buffer.from(body ? JSON.stringify(body) : "");
  const head = [
    `${method} ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: close",
    ...(body ? ["Content-Type: application/json", `Content-Length: ${content.length}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), content]);
}

/** Reads one reply, until the connection ends. Not a general HTTP client: the peer is always an HttpServer. */
class ReplyReader {
  readonly #event: ((data: string) => void) | undefined;
  #bytes: Buffer[] = [];
  #text = "";
  #decoder = new TextDecoder();
  #isStream: boolean | undefined = undefined;

  constructor(event: ((data: string) => void) | undefined) {
    this.#event = event;
  }

  /** Collects a body; passes the events of a stream on as they become complete. */
  take(bytes: Uint8Array): void {
    if (!this.#event || this.#isStream === false) {
      this.#bytes.push(Buffer.from(bytes));
      return;
    }
    this.#text += this.#decoder.decode(bytes, { stream: true });
    if (this.#isStream === undefined) this.#readHead();
    if (!this.#isStream) return;
    const events = this.#text.split("\n\n");
    this.#text = events.pop() as string;
    for (const event of events) if (event.startsWith("data: ")) this.#event(event.slice("data: ".length));
  }

  /** Finds out whether a stream of events follows. */
  #readHead(): void {
    const end = this.#text.indexOf(HEAD_END);
    if (end === -1) return;
    this.#isStream = /^content-type: text\/event-stream\r$/im.test(this.#text.slice(0, end + 2));
    if (this.#isStream) this.#text = this.#text.slice(end + HEAD_END.length);
    else this.#bytes.push(Buffer.from(this.#text));
  }

  /** The reply, if it is complete: as long as its Content-Length says. */
  end(): HttpReply | undefined {
    if (this.#isStream) return undefined; // A stream of events has no end.
    const bytes = Buffer.concat(this.#bytes);
    const [, status, headers = "", start] = HEAD.exec(bytes.toString("latin1")) ?? [];
    const length = /^content-length: (\d+)\r$/im.exec(headers)?.[1];
    if (status === undefined || start === undefined || length === undefined) return undefined;
    const body = bytes.subarray(bytes.length - start.length);
    return body.length === Number(length) ? { status: Number(status), body: body.toString() } : undefined;
  }
}

const HEAD_END = "\r\n\r\n";
const HEAD = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n([^]*)$/;
