import type { Frame, FrameReader } from "../../protocols/frame.ts";
import { nameRequest, requestReader, type Fold, type Framing } from "../../protocols/request.ts";
import type { BadRequest } from "../visit/asking.ts";

/** What clients may ask, and which of their requests are the same. */
export interface RequestRules {
  readonly framing: Framing;
  /** Bytes of the longest request; absent: what is usual for the framing. */
  readonly maxRequest?: number | undefined;
  /** Milliseconds a client may take to send its request. */
  readonly requestTimeout: number;
  readonly folds: readonly Fold[];
  /** What is left out of the key, in the folded text. */
  readonly keyDrop?: RegExp | undefined;
  /** Requests whose folded text does not match are reset, and the upstream never hears of them. */
  readonly allow?: RegExp | undefined;
  /** Requests whose folded text does not match are fetched for each client alone, and not kept. */
  readonly cacheable?: RegExp | undefined;
}

/** What a proxy makes of a request: its key, whether all who ask it share the answer, or why nobody gets one. */
export type Verdict = { readonly key: string; readonly isShared: boolean } | { readonly refused: BadRequest };

/** A kind of request: how it is read, and what is made of it. */
export interface RequestKind {
  /** Milliseconds a client may take to send its request; 0 = no limit. */
  readonly requestTimeout: number;
  /** Reads one request. */
  reader(): FrameReader;
  classify(request: Frame): Verdict;
}

/** The kind of request that `rules` describe; undefined where clients send none. */
export function requestKind(rules: RequestRules): RequestKind | undefined {
  const { framing, maxRequest, requestTimeout, folds, keyDrop, allow, cacheable } = rules;
  if (framing === "none") return undefined;
  return {
    requestTimeout,
    reader: () => requestReader(framing, maxRequest),
    classify(request) {
      const { text, key } = nameRequest(request, folds, keyDrop);
      if (allow?.test(text) === false) {
        return {
          refused: { ending: "client/request/not_allowed", detail: "request not allowed by --allow" },
        };
      }
      return { key, isShared: cacheable === undefined || cacheable.test(text) };
    },
  };
}
