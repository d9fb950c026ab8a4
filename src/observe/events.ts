import type { Address } from "../net/address.ts";
import type { PortEvents } from "../services/events.ts";
import type { FetchEvents } from "../services/fetch/events.ts";
import type { PoemEvents } from "../services/poems/events.ts";
import type { ProxyEvents } from "../services/proxy/events.ts";
import type { TransformEvents } from "../services/transform/events.ts";
import type { VisitEvents } from "../services/visit/events.ts";

/** What a process tells of itself. */
export interface ProcessEvents {
  /** It could not begin. */
  readonly startFailed: unknown;
  /** It was told to stop, and waits for its clients: Infinity = as long as they take. */
  readonly draining: { readonly signal: string; readonly clients: number; readonly timeout: number };
  /** It stops now: `served` had to be waited for, `reset` could not be. */
  readonly stopping: { readonly signal: string; readonly served: number; readonly reset: number };
  /** libc cannot be called. */
  readonly withoutLibc: undefined;
  /** It may open so few files that the number of its clients depends on that. */
  readonly fewDescriptors: { readonly limit: number; readonly clients: number };
  /** What the service manager wants to hear cannot be told: an Error. */
  readonly managerUntold: unknown;
  /** A second level fails, and is bypassed from now on. */
  readonly storeFailing: { readonly store: string; readonly error: unknown };
  /** It works again. */
  readonly storeRestored: { readonly store: string };
  /** Metrics are served. */
  readonly metricsOpened: { readonly address: Address };
  /** Orders are taken. */
  readonly controlOpened: { readonly path: string };
  /** An order was carried out: what was done, in a sentence. */
  readonly ordered: { readonly order: string };
  /** The log's file was opened anew. */
  readonly logReopened: { readonly file: string };
  /** It could not be, and the old one is written on. */
  readonly logNotReopened: { readonly file: string; readonly error: unknown };
  /** An exception that nothing caught. */
  readonly crashed: unknown;
  /** It goes on with other settings: so many services, and how many of them it had not before, or has no more. */
  readonly reloaded: {
    readonly services: number;
    readonly added: number;
    readonly removed: number;
    readonly changed: number;
    readonly ms: number;
  };
  /** Another process is started, which is to take over. */
  readonly upgrading: { readonly path: string };
  /** It has taken over. */
  readonly upgraded: { readonly pid: number; readonly version: string; readonly ms: number };
  /** It has not, or could not be started: everything is as it was. */
  readonly upgradeFailed: { readonly reason: string };
  /** This process has taken over from another one. */
  readonly tookOver: { readonly pid: number };
  /** A service has another cache than before: why. */
  readonly startsEmpty: { readonly reason: string };
  /** A setting is not what the file says until the next start. */
  readonly notReloaded: { readonly setting: string };
  /** It goes on as before, because the files are wrong or something could not be done. */
  readonly reloadFailed: { readonly reason: string };
}

/** What `poetry get` tells. */
export interface GetEvents {
  readonly getFailed: unknown;
  /** A poem is printed as it came, for this reason. */
  readonly notTransformed: unknown;
}

/** Everything that is told; a room asks only for the events that it tells. */
export interface Events
  extends
    PortEvents,
    VisitEvents,
    FetchEvents,
    PoemEvents,
    ProxyEvents,
    TransformEvents,
    ProcessEvents,
    GetEvents {}
