import type { RefreshOptions } from "../../cache/cache.ts";
import type { Connect } from "../../net/connect.ts";
import type { Budget } from "../budget.ts";
import type { CollectGarbage } from "../garbage.ts";
import type { PortEvents } from "../events.ts";
import { DEFAULT_ANSWERS, type AnswerOptions } from "../fetch/answer-rules.ts";
import type { FetchEvents } from "../fetch/events.ts";
import type { FetchOptions } from "../fetch/fetch.ts";
import { DEFAULT_TIMEOUTS } from "../fetch/trip.ts";
import type { LookUp } from "../fetch/upstreams/names.ts";
import type { Observer } from "../observer.ts";
import type { PortServiceOptions } from "../port-service.ts";
import type { WelcomeSettings } from "../visit/entrance.ts";
import type { VisitEvents } from "../visit/events.ts";
import type { PipeLimits } from "../visit/pipe.ts";
import type { ProxyEvents } from "./events.ts";
import type { RequestKind, RequestRules } from "./requests.ts";
import type { SecondLevels } from "./second-levels.ts";

/** How much a proxy keeps. */
export interface KeepOptions extends RefreshOptions {
  /** Bytes of all that is held: answers kept, coming in, or being sent, and requests. */
  readonly maxMemory: number;
  /** Answers kept; Infinity: as many as there is room for. */
  readonly maxEntries: number;
}

/** Everything that a proxy tells. */
export type ProxyObserver = Observer<PortEvents & VisitEvents & FetchEvents & ProxyEvents>;

export interface ProxyOptions extends PortServiceOptions<WelcomeSettings> {
  /** What clients may ask. */
  readonly requests: RequestRules | RequestKind;
  readonly cache: KeepOptions;
  readonly answers: AnswerOptions;
  readonly fetch: FetchOptions;
  /** Default: as many as fetches, 5 minutes. */
  readonly pipes?: PipeLimits;
  /** Default: none. They do not go together with `stream`. */
  readonly secondLevels?: SecondLevels | undefined;
  /** Whether clients get an answer as it comes in, and see a prefix and a reset where it breaks off. */
  readonly stream: boolean;
  readonly observer: ProxyObserver;
  /** What all services of the process share. */
  readonly processMemory?: Budget | undefined;
  /** Makes memory that was let go of usable again. */
  readonly collectGarbage?: CollectGarbage | undefined;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
  /** Default: lookUp() of net. */
  readonly lookUp?: LookUp | undefined;
}

/** What a proxy does unless it is told otherwise: no requests, one answer kept for two hours. */
export const PROXY_DEFAULTS = {
  requests: { framing: "none", requestTimeout: 10_000, folds: [] },
  cache: { maxMemory: 2 ** 28, maxEntries: Infinity },
  answers: DEFAULT_ANSWERS,
  fetch: {
    choose: "first",
    names: { ttl: 30_000 },
    timeouts: DEFAULT_TIMEOUTS,
    maxFetches: 64,
    maxQueue: 1024,
    retries: 1,
  },
  stream: false,
} as const;
