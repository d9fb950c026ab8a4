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

/** What clients may ask, and which of their requests are the same. */
export interface RequestRules extends NamingRules {
  /** Bytes of the longest request; absent: what is usual for the framing. */
  readonly maxRequest?: number | undefined;
  /** Milliseconds a client may take to send its request. */
  readonly requestTimeout: number;
  /** Requests whose folded text does not match are reset, and the upstream never hears of them. */
  readonly allow?: TextTest | undefined;
  /** Whether requests that look like HTTP are taken for others; default: they are reset, in case a browser sent them. */
  readonly allowHttp?: boolean | undefined;
  /** Requests whose text does not match are fetched for each client alone, and not kept. */
  readonly cacheable?: TextTest | undefined;
}

/**
 * What a proxy makes of a request: its key, whether all who ask it share the answer, and what the upstream is asked; or
 * that it passes through with everything behind it; or why nobody gets an answer.
 */
export type Verdict =
  | { readonly key: string; readonly isShared: boolean; readonly request: Frame }
  | { readonly piped: Frame }
  | { readonly refused: BadRequest };

/** A kind of request: how it is read, and what is made of it. */
export interface RequestKind {
  /** Milliseconds a client may take to send its request; 0 = no limit. */
  readonly requestTimeout: number;
  /** Reads one request; what the meter throws, the reader throws. */
  reader(meter?: Meter): FrameReader;
  classify(request: Frame): Verdict;
  /** The keys that a request may have which somebody typed without its terminator. */
  keysOf(typed: Uint8Array): readonly string[];
}

/** Framings that their protocols can exceed: there may be more behind a request than the framing knows. */
const PIPED: ReadonlySet<Framing> = new Set<Framing>(["line", "blank", "eof"]);

/** The kind of request that `rules` describe; undefined where clients send none. */
export function requestKind(rules: RequestRules): RequestKind | undefined {
  const { framing, maxRequest, requestTimeout, allow, allowHttp = false, cacheable } = rules;
  if (framing === "none") return undefined;
  // Where some requests only are allowed, an allowed first line must not open the door for what follows it.
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
          detail: "HTTP request, which only --allow-http lets through",
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

/** Whether bytes begin as an HTTP request does: `GET /path HTTP/1.1`. */
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
