/** A complete HTTP request. */
export interface HttpRequest {
  readonly method: string;
  /** The path of the target, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By name, in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** A request that gets an error as its response; the message is the body. */
export class HttpError extends Error {
  override readonly name = "HttpError";

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The most bytes of a request line with its headers, and of a body. */
const MAX_HEAD = 8 * 1024;
const MAX_BODY = 64 * 1024;

const REQUEST_LINE = /^([A-Z]{1,16}) (\/[\x21-\x7e]*) HTTP\/1\.[01]$/;
const HEADER = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([^\0\r\n]*?)[ \t]*$/;

/**
 * Collects the bytes of one HTTP/1.1 or 1.0 request. Strict: whatever two programs could read differently is refused.
 */
export class HttpRequestReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #head: Omit<HttpRequest, "body"> | undefined = undefined;
  #bodyLength = 0;

  /**
   * Returns the request once it is complete. Bytes after it are ignored.
   *
   * @throws {HttpError} if the bytes are not a request, or too long
   */
  take(bytes: Uint8Array): HttpRequest | undefined {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    if (!this.#head && !this.#takeHead()) return undefined;
    if (this.#bytes.length < this.#bodyLength) return undefined;
    return { ...(this.#head as Omit<HttpRequest, "body">), body: this.#bytes.subarray(0, this.#bodyLength) };
  }

  /** Takes request line and headers off the bytes; false if they are not complete yet. */
  #takeHead(): boolean {
    const text = Buffer.from(this.#bytes.subarray(0, MAX_HEAD)).toString("latin1");
    const end = /\r?\n\r?\n/.exec(text);
    if (!end) {
      if (text.length === MAX_HEAD) throw new HttpError(431, `Request longer than ${MAX_HEAD} bytes`);
      if (!/^[A-Z]{0,16}( |$)/.test(text)) throw new HttpError(400, "Not an HTTP/1.1 request");
      return false;
    }
    this.#head = headIn(text.slice(0, end.index));
    this.#bodyLength = bodyLengthIn(this.#head.headers);
    this.#bytes = this.#bytes.subarray(end.index + end[0].length);
    return true;
  }
}

function headIn(text: string): Omit<HttpRequest, "body"> {
  const [first = "", ...lines] = text.split(/\r?\n/);
  const [, method, target] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new HttpError(400, "Not an HTTP/1.1 request");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new HttpError(400, "Malformed header");
    const key = name.toLowerCase();
    if (headers.has(key) && SINGLE.has(key)) throw new HttpError(400, `More than one ${key} header`);
    headers.set(key, value);
  }
  const [path = "", ...query] = target.split("?");
  return { method, path, query: new URLSearchParams(query.join("?")), headers };
}

/** Headers that must not be repeated: an intermediary might use the other one. */
const SINGLE: ReadonlySet<string> = new Set(["host", "content-length", "origin"]);

/** The length of the body in bytes. Chunked bodies are refused: our clients send none. */
function bodyLengthIn(headers: ReadonlyMap<string, string>): number {
  if (headers.has("transfer-encoding")) throw new HttpError(411, "A body needs a Content-Length");
  const text = headers.get("content-length") ?? "0";
  if (!/^\d{1,15}$/.test(text)) throw new HttpError(400, "Malformed Content-Length");
  const length = Number(text);
  if (length > MAX_BODY) throw new HttpError(413, `Body longer than ${MAX_BODY} bytes`);
  return length;
}
