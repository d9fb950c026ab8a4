/** How a connection ended, from the client's point of view. */
interface EndingRow {
  /** Whether the client failed to get its answer. */
  readonly isError: boolean;
  /** Follows "Reset X: " or "Closed X without an answer: ", or "X left " if the client left by itself. */
  readonly text: string;
}

/**
 * Every way a connection can end: side, phase and cause. The key is a label of metrics and the field `ending` of the
 * access log; the text is for the log. To add a reason to reset a client, add a row.
 */
export const ENDINGS = {
  ok: { isError: false, text: "served" },

  "client/tls/timeout": { isError: true, text: "TLS handshake not complete in time" },
  "client/tls/failed": { isError: true, text: "TLS handshake failed" },
  "client/tls/certificate": { isError: true, text: "certificate not accepted" },
  "client/tls/broken": { isError: true, text: "it violated the TLS protocol" },

  "client/header/check": { isError: false, text: "a health check by the proxy in front" },
  "client/header/timeout": { isError: true, text: "PROXY header not complete in time" },
  "client/header/too_long": { isError: true, text: "PROXY header too long" },
  "client/header/malformed": { isError: true, text: "PROXY header missing or malformed" },
  "client/header/incomplete": { isError: true, text: "PROXY header cut short" },
  "client/header/unexpected": {
    isError: true,
    text: "PROXY header from an address that --proxy-from does not list",
  },
  "client/request/left": { isError: true, text: "before sending a request" },
  "client/request/timeout": { isError: true, text: "request incomplete in time" },
  "client/request/incomplete": { isError: true, text: "request cut short" },
  "client/request/too_long": { isError: true, text: "request too long" },
  "client/request/malformed": { isError: true, text: "request malformed" },
  "client/request/not_allowed": { isError: true, text: "request not allowed" },
  "client/request/http": { isError: true, text: "HTTP request to a service that does not speak HTTP" },
  "client/request/unknown": { isError: true, text: "request for something unknown" },
  "client/wait/left": { isError: true, text: "before its answer arrived" },
  "client/data/reset": { isError: true, text: "in mid-answer" },
  "client/data/timeout": { isError: true, text: "it read nothing for too long" },
  "client/data/memory": {
    isError: true,
    text: "it read too slowly while its answer took memory that others needed",
  },
  "client/data/total": { isError: true, text: "it took too long to read its answer" },
  "client/linger/timeout": { isError: false, text: "served; it did not hang up in time" },
  "client/linger/too_much": { isError: false, text: "served; it kept sending" },

  "upstream/connect/held": { isError: true, text: "the upstream was put on hold (ctl hold)" },
  "upstream/connect/dns": { isError: true, text: "the upstream's name could not be resolved" },
  "upstream/connect/refused": { isError: true, text: "the upstream refused the connection" },
  "upstream/connect/timeout": { isError: true, text: "the upstream could not be reached in time" },
  "upstream/connect/tls": { isError: true, text: "no TLS connection to the upstream" },
  "upstream/first_byte/timeout": { isError: true, text: "the upstream did not start answering in time" },
  "upstream/data/timeout": { isError: true, text: "the upstream paused for too long" },
  "upstream/data/total": { isError: true, text: "the upstream took too long" },
  "upstream/data/reset": { isError: true, text: "the connection to the upstream was reset" },
  "upstream/data/truncated": { isError: true, text: "the upstream did not end its TLS session" },
  "upstream/data/empty": { isError: true, text: "the upstream's answer was empty" },
  "upstream/data/too_large": { isError: true, text: "the upstream's answer was too large" },
  "upstream/data/incomplete": { isError: true, text: "the upstream's answer was incomplete" },
  "upstream/data/malformed": { isError: true, text: "the upstream's answer was malformed" },
  "upstream/data/refusal": { isError: true, text: "the upstream refused to answer" },
  "upstream/request/declined": { isError: true, text: "the upstream declined the request" },

  "proxy/accept/limit": { isError: true, text: "too many clients" },
  "proxy/accept/access": { isError: true, text: "not one of --clients" },
  "proxy/accept/rate": { isError: true, text: "it connects more often than --rate allows" },
  "proxy/accept/per_ip": { isError: true, text: "too many clients from its address" },
  "proxy/request/draining": { isError: true, text: "shutting down before it sent a request" },
  "proxy/request/memory": { isError: true, text: "no memory for its request" },
  "proxy/pipe/limit": { isError: true, text: "too many requests are being passed through already" },
  "proxy/pipe/idle": { isError: true, text: "no data in either direction for too long" },
  "proxy/queue/overflow": { isError: true, text: "too many fetches were queued" },
  "proxy/queue/timeout": { isError: true, text: "its fetch was queued for too long" },
  "proxy/connect/local": { isError: true, text: "this machine could not make a connection" },
  "proxy/fetch/cancelled": { isError: true, text: "the fetch was cancelled" },
  "proxy/transform/failed": { isError: true, text: "its poem could not be transformed" },
  "proxy/poem/unreadable": { isError: true, text: "its poem could not be read" },
  "proxy/data/shutdown": { isError: true, text: "shutting down" },

  internal: { isError: true, text: "a bug in poetry" },
} as const satisfies Readonly<Record<string, EndingRow>>;

/** Side, phase and cause of an end; `ok`: the client got its complete answer. */
export type Ending = keyof typeof ENDINGS;

/** An error that says how the connections of waiting clients are to end. */
export interface EndsConnection {
  readonly ending: Ending;
  /** The number of the fetch that failed. */
  readonly fetch?: number | undefined;
}

/** The ending of a client after `error`: what the error says; any other error is a bug, so `internal`. */
export function endingOf(error: unknown): Ending {
  const { ending } = (error ?? {}) as Partial<EndsConnection>;
  return ending !== undefined && Object.hasOwn(ENDINGS, ending) ? ending : "internal";
}
