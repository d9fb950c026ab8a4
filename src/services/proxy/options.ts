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
  /** Limit of everything that is held, in bytes: requests, and answers that are kept, arriving or being sent. */
  readonly maxMemory: number;
  /** Maximum number of answers kept; Infinity: limited by memory alone. */
  readonly maxEntries: number;
}

/** Observes all events of a proxy. */
export type ProxyObserver = Observer<PortEvents & VisitEvents & FetchEvents & ProxyEvents>;

/** Options of a Proxy. */
export interface ProxyOptions extends PortServiceOptions<WelcomeSettings> {
  /** Which requests clients may send. */
  readonly requests: RequestRules | RequestKind;
  readonly cache: KeepOptions;
  readonly answers: AnswerOptions;
  readonly fetch: FetchOptions;
  /** Default: DEFAULT_PIPES. */
  readonly pipes?: PipeLimits;
  /** Default: none. Cannot be combined with `stream`. */
  readonly secondLevels?: SecondLevels | undefined;
  /** Whether clients get an answer as it arrives; if it breaks off, they get a part of it and a reset. */
  readonly stream: boolean;
  readonly observer: ProxyObserver;
  /** The budget that all services of the process share. */
  readonly processMemory?: Budget | undefined;
  /** Frees memory that is no longer in use. */
  readonly collectGarbage?: CollectGarbage | undefined;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
  /** Default: lookUp() of net. */
  readonly lookUp?: LookUp | undefined;
}

/** The defaults of a proxy: clients send no requests, and the one answer is kept for two hours. */
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
