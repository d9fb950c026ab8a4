import type { Meter } from "../../protocols/buffers/meter.ts";
import type { Frame, FrameReader } from "../../protocols/frame.ts";
import type { TextTest } from "../../protocols/pattern.ts";
import { RequestMemo } from "../../protocols/request-memo.ts";
import {
  nameRequest,
  requestReader,
  typedFrames,
  type Framing,
  type NamingRules,
} from "../../protocols/request.ts";
import type { BadRequest } from "../visit/asking.ts";

/** Which requests clients may send, and which of them count as the same. */
export interface RequestRules extends NamingRules {
  /** Bytes of the longest request; absent: the default of the framing. */
  readonly maxRequest?: number | undefined;
  /** Milliseconds a client may take to send its request. */
  readonly requestTimeout: number;
  /** Clients whose request does not match, after folding, are reset; such requests never reach the upstream. */
  readonly allow?: TextTest | undefined;
  /**
   * Whether to accept requests that look like HTTP; default: reset them, because a browser may have been tricked into
   * them.
   */
  readonly allowHttp?: boolean | undefined;
  /** Requests whose text does not match are fetched separately for each client, and not kept. */
  readonly cacheable?: TextTest | undefined;
}

/**
 * What a proxy does with a request. It has a key, may share its answer with others, and a request goes to the upstream;
 * or it is `piped`, with everything after it; or it is `refused`, for a reason.
 */
export type Verdict =
  | { readonly key: string; readonly isShared: boolean; readonly request: Frame }
  | { readonly piped: Frame }
  | { readonly refused: BadRequest };

/** A kind of request: how it is read and classified. */
export interface RequestKind {
  /** Milliseconds a client may take to send its request; 0 = no limit. */
  readonly requestTimeout: number;
  /** Makes a reader of one request, which throws whatever the meter throws. */
  reader(meter?: Meter): FrameReader;
  classify(request: Frame): Verdict;
  /** The keys that a request may have, as typed with or without its terminator. */
  keysOf(typed: Uint8Array): readonly string[];
}

/** Framings whose protocols may send more after the request. */
const PIPED: ReadonlySet<Framing> = new Set<Framing>(["line", "blank", "eof"]);

/** The kind of request that `rules` describe; undefined where clients send none. */
export function requestKind(rules: RequestRules): RequestKind | undefined {
  const { framing, maxRequest, requestTimeout, allow, allowHttp = false, cacheable } = rules;
  if (framing === "none") return undefined;
  // With --allow there are no pipes: after an allowed first line, a pipe would let anything through.
  const isText = typeof framing === "string" && PIPED.has(framing);
  const pipes = allow === undefined && isText;
  const refusesHttp = isText && !allowHttp;
  const verdicts = new RequestMemo<Verdict>();
  return {
    requestTimeout,
    reader: (meter) => requestReader(framing, maxRequest, meter),
    classify: (request) => verdicts.of(request, judge),
    keysOf: (typed) => typedFrames(framing, typed).map((frame) => nameRequest(frame, rules).key),
  };

  function judge(request: Frame): Verdict {
    if (refusesHttp && isHttp(request.bytes))
      return {
        refused: {
          ending: "client/request/http",
          detail: "HTTP request without --allow-http",
        },
      };
    const { asked, text, key, bytesToSend } = nameRequest(request, rules);
    if (allow?.test(asked) === false)
      return { refused: { ending: "client/request/not_allowed", detail: "request not allowed by --allow" } };
    const isShared = cacheable === undefined || cacheable.test(text);
    if (!isShared && pipes) return { piped: request };
    return { key, isShared, request: isShared ? { ...request, bytes: bytesToSend } : request };
  }
}

const [SPACE, CR, LF] = [0x20, 0x0d, 0x0a];
const HTTP = Uint8Array.from(" HTTP/1.", (character) => character.charCodeAt(0));

/** Whether bytes begin like an HTTP request: `GET /path HTTP/1.1`. */
function isHttp(bytes: Uint8Array): boolean {
  let at = 0;
  while (isCapital(bytes[at])) at++;
  if (at === 0 || bytes[at++] !== SPACE) return false;
  const target = at;
  while (at < bytes.length && bytes[at] !== SPACE && bytes[at] !== CR && bytes[at] !== LF) at++;
  return at > target && HTTP.every((byte, index) => bytes[at + index] === byte);
}

function isCapital(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}
