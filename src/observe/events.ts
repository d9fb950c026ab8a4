import type { Address } from "../net/address.ts";
import type { PortEvents } from "../services/events.ts";
import type { FetchEvents } from "../services/fetch/events.ts";
import type { PoemEvents } from "../services/poems/events.ts";
import type { ProxyEvents } from "../services/proxy/events.ts";
import type { TransformEvents } from "../services/transform/events.ts";
import type { VisitEvents } from "../services/visit/events.ts";

/** Events of the process as a whole. */
export interface ProcessEvents {
  /** It could not start. */
  readonly startFailed: unknown;
  /** It was told to stop, and waits for its clients, at most `timeout` milliseconds; Infinity: no limit. */
  readonly draining: { readonly signal: string; readonly clients: number; readonly timeout: number };
  /** It stops now: it has waited for `served` clients, and resets `reset` others. */
  readonly stopping: { readonly signal: string; readonly served: number; readonly reset: number };
  /** libc cannot be called, so some features are missing. */
  readonly withoutLibc: undefined;
  /** The limit on open files is so low that it limits the number of clients. */
  readonly fewDescriptors: { readonly limit: number; readonly clients: number };
  /** A notification of the service manager failed; an Error. Reported once. */
  readonly managerUntold: unknown;
  /** A second level fails, and is bypassed from now on. */
  readonly storeFailing: { readonly store: string; readonly error: unknown };
  /** The second level works again. */
  readonly storeRestored: { readonly store: string };
  /** Metrics are being served. */
  readonly metricsOpened: { readonly address: Address };
  /** The control socket is open. */
  readonly controlOpened: { readonly path: string };
  /** A command of `poetry ctl` was carried out: what it did, in a sentence. */
  readonly ordered: { readonly order: string };
  /** The log file was reopened. */
  readonly logReopened: { readonly file: string };
  /** The log file could not be reopened; the old one stays in use. */
  readonly logNotReopened: { readonly file: string; readonly error: unknown };
  /** An uncaught exception ends the process. */
  readonly crashed: unknown;
  /** A reload succeeded: how many services there are, how many of them are new or changed, and how many are gone. */
  readonly reloaded: {
    readonly services: number;
    readonly added: number;
    readonly removed: number;
    readonly changed: number;
    readonly ms: number;
  };
  /** An upgrade starts another process, which is to take over. */
  readonly upgrading: { readonly path: string };
  /** The other process has taken over. */
  readonly upgraded: { readonly pid: number; readonly version: string; readonly ms: number };
  /** The other process has not taken over, or could not be started; nothing has changed. */
  readonly upgradeFailed: { readonly reason: string };
  /** This process has taken over from another one. */
  readonly tookOver: { readonly pid: number };
  /** A reload gave a service an empty cache, for this reason. */
  readonly startsEmpty: { readonly reason: string };
  /** A changed setting takes effect only at the next start. */
  readonly notReloaded: { readonly setting: string };
  /** A reload failed; nothing has changed. */
  readonly reloadFailed: { readonly reason: string };
}

/** Events of `poetry get`. */
export interface GetEvents {
  readonly getFailed: unknown;
  /** A poem is printed unchanged, because transforming it failed for this reason. */
  readonly notTransformed: unknown;
}

/** All events. A room asks only for an observer of the events that it reports. */
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
