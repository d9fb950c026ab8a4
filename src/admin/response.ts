import type { Deferred } from "../deferred/mod.ts";

/** A complete HTTP response. */
export interface HttpResponse {
  /** Default: 200. */
  readonly status?: number;
  /** The media type: Content-Type. */
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A response that lasts as long as the client stays: server-sent events. */
export interface HttpEvents {
  /** Starts sending; the returned function is called when the client has left. */
  readonly subscribe: (send: (data: string) => void) => () => void;
}

/** What a handler returns: a response, now or later, or a stream of events. */
export type HttpAnswer = HttpResponse | HttpEvents | Deferred<HttpResponse>;

/** Reason phrases (RFC 9110) of the status codes in use. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  411: "Length Required",
  413: "Content Too Large",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Headers of all responses: they must not be cached, framed, or sniffed for another type. */
const ALWAYS = {
  "Cache-Control": "no-store",
  Connection: "close",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};

/** A response of one line of plain text. */
export function plain(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return { status, type: "text/plain; charset=utf-8", body: `${text}\n`, headers };
}

/** A response of JSON, on one line. */
export function json(value: unknown, status = 200): HttpResponse {
  return { status, type: "application/json", body: `${JSON.stringify(value)}\n` };
}

/** A response as bytes; for HEAD, its head only. */
export function toBytes(
  { status = 200, type, body, headers = {} }: HttpResponse,
  isHead: boolean,
): Uint8Array {
  const bytes = Buffer.from(body as string);
  const head = headOf(status, { "Content-Type": type, "Content-Length": String(bytes.length), ...headers });
  return isHead ? head : Buffer.concat([head, bytes]);
}

/** The head of a stream of events. */
export function eventsHead(): Uint8Array {
  return headOf(200, { "Content-Type": "text/event-stream" });
}

/** An event as the client's EventSource reads it; `data` is one line. */
export function toEvent(data: string): Uint8Array {
  return Buffer.from(`data: ${data}\n\n`);
}

function headOf(status: number, headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries({ ...headers, ...ALWAYS }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}\r\n${lines.join("")}\r\n`);
}
