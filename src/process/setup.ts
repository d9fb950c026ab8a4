import { constants } from "node:os";
import { maybeDeferred, succeed, type Deferred } from "../deferred/mod.ts";
import type { Events } from "../observe/events.ts";
import { levelOf, type Log } from "../observe/log.ts";
import type { LastReload } from "../observe/numbers/watched.ts";
import { observerOf } from "../observe/observer-of.ts";
import type { Observer } from "../services/observer.ts";
import type { Address } from "../net/address.ts";
import type { Inherited } from "../net/inherited.ts";
import { descriptorShares, hasFewDescriptors } from "../net/system/descriptors.ts";
import { canCallLibc } from "../net/libc.ts";
import { UsageError } from "../settings/setting.ts";
import { systemClock as clock } from "../time/clock.ts";
import type { Surroundings } from "./build.ts";
import { controlPlace, type SocketPlace } from "./control-socket.ts";
import { lineStyle, logWriter, openLog, reopenLog, type LogSettings } from "./open-log.ts";
import { Oversight } from "./oversight.ts";
import type { Inheritance, Roster } from "./roster/roster.ts";
import { onReopen, onStop, onUpgrade, startedUnderNohup } from "./signals.ts";
import { runService, type Stop } from "./stop.ts";
import { environmentOf, takeGiven } from "./systemd/given.ts";
import { GivenSockets } from "./systemd/given-sockets.ts";
import { ServiceManager } from "./systemd/service-manager.ts";
import { statusOf } from "./systemd/status.ts";
import { Stores, type StoreSettings } from "./stores.ts";
import { Predecessor } from "./upgrade/predecessor.ts";
import { metricsKey, Succession } from "./upgrade/succession.ts";
import { Watchers, type WatchSettings } from "./watchers.ts";

/** The settings of a serving process, apart from those of its services. */
export interface ServeSettings extends LogSettings, WatchSettings, StoreSettings {
  readonly "drain-timeout": number;
  readonly "drain-delay": number;
  readonly "upgrade-timeout": number;
}

/** The services of a process, and how to reload them. */
export interface Running {
  readonly roster: Roster;
  /** Reloads the configuration, on SIGHUP and for `poetry ctl reload`; absent: there is no file. */
  readonly reload?: Reload | undefined;
  /** Whether a reload is under way; absent: never. */
  readonly isReloading?: () => boolean;
  /** How the last reload went. */
  readonly lastReload?: (() => LastReload) | undefined;
}

/** Fires with a summary of what changed; fails with an Error. */
type Reload = () => Deferred<string>;

/** Everything around the services of a process: log, observers, stores, control, service manager, upgrade and stop. */
export class Setup {
  readonly log: Log;
  readonly watchers: Watchers;
  readonly #control: SocketPlace | undefined;
  /** What the service manager has passed to this process. Taken first, so that no child inherits it. */
  readonly #given = takeGiven();
  #sockets: GivenSockets | undefined = undefined;
  #predecessor: Predecessor | undefined = undefined;
  #stores: Stores | undefined = undefined;
  #settings: ServeSettings;

  private constructor(settings: ServeSettings) {
    const file = settings["log-file"];
    this.#settings = settings;
    this.log = openLog(settings, { file });
    this.#control = controlPlace(settings);
    const writer = logWriter();
    this.watchers = new Watchers({
      settings,
      style: lineStyle(settings, file),
      clock,
      write: (line) => writer.write(line),
      counts: settings.metrics !== undefined || this.#control !== undefined,
    });
  }

  /**
   * Opens the log; undefined if that fails, which is reported on standard error.
   *
   * @throws {UsageError} if a setting has no effect here
   */
  static open(settings: ServeSettings): Setup | undefined {
    try {
      return new Setup(settings);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      observerOf(openLog(settings)).startFailed(error);
      return undefined;
    }
  }

  /** Applies those settings that can change while the process runs. */
  set settings(settings: ServeSettings) {
    this.#settings = settings;
    this.log.level = levelOf(settings);
  }

  /**
   * Contacts the process that this one is to take over from.
   *
   * @returns fires with whether there is one; fails with an Error if the two speak different protocols
   */
  meetPredecessor(): Deferred<boolean> {
    return Predecessor.meet().addCallback((predecessor) => {
      this.#predecessor = predecessor;
      return predecessor !== undefined;
    });
  }

  /**
   * Listening sockets for the services, from a predecessor or from systemd; undefined: none.
   *
   * @param hasNames whether the services have names
   */
  inheritance({ hasNames }: { readonly hasNames: boolean }): Inheritance | undefined {
    const { sockets } = this.#given;
    if (sockets.length > 0) this.#sockets = new GivenSockets(sockets, { hasNames });
    return this.#predecessor?.heritage ?? this.#sockets;
  }

  /**
   * Opens the second levels that services share, once the predecessor has closed them. Fails if one cannot be opened.
   */
  openStores(observer: Observer<Events>): Deferred<void> {
    return maybeDeferred(() => this.#predecessor?.release())
      .addCallback(() => Stores.open(this.#settings, { clock, observer }))
      .addCallback((stores) => {
        this.#stores = stores;
      });
  }

  /** The surroundings of a service whose events go to `observer`. */
  around(observer: Observer<Events>, { verbose, log }: LogSettings): Surroundings {
    const needsTimes = this.watchers.keepsAccess;
    const needsPeers = needsTimes || verbose || log === "json";
    return { clock, observer, needsPeers, needsTimes, ...(this.#stores && { stores: this.#stores }) };
  }

  /**
   * Runs services until the process is told to stop.
   *
   * @param observer for events of the process as a whole
   * @returns the exit code
   */
  async run(running: Running, observer: Observer<Events>): Promise<number> {
    const { roster } = running;
    const file = this.#settings["log-file"];
    const manager = ServiceManager.of(this.#given, {
      clock,
      status: (why) => statusOf(roster.members, why),
      failed: (error) => observer.managerUntold(error),
    });
    if (file !== undefined) onReopen(() => reopen(file, observer));
    let stop: ((stop: Stop) => void) | undefined;
    const succession = new Succession({
      clock,
      observer,
      ...running,
      stores: this.#stores,
      control: this.#control?.path,
      predecessor: this.#predecessor,
      variables: environmentOf(this.#given),
      ignoresHangup: startedUnderNohup,
      timeout: () => this.#settings["upgrade-timeout"] || Infinity,
      drainTimeout: () => this.#settings["drain-timeout"],
      replaced: ({ pid }) => manager?.replacedBy(pid),
      leave: () => stop?.({ ...BY_UPGRADE, isReplaced: true }),
    });
    const { reload: again } = running;
    const reload = again && succession.unlessUpgrading(() => manager?.reload(again) ?? again());
    let oversight: Oversight | undefined;
    try {
      oversight = await this.#oversee({ ...running, reload }, observer, succession);
    } catch (error) {
      observer.startFailed(error);
      return 1;
    }
    succession.outside = oversight;
    if (!canCallLibc()) observer.withoutLibc(undefined);
    if (hasFewDescriptors()) observer.fewDescriptors(descriptorShares());
    const settings = () => this.#settings; // Read when needed, because a reload may change them.
    const code = await runService(roster, {
      clock,
      observer,
      get drainTimeout() {
        return settings()["drain-timeout"];
      },
      get drainDelay() {
        return settings()["drain-delay"];
      },
      onStop: (listener) => {
        stop = (told) => {
          succession.stop("bug" in told || told.isAbrupt ? undefined : told.name);
          listener(told);
        };
        onUpgrade(() => void succession.upgrade().addErrback(() => {})); // It has been reported.
        onStop(stop, reload && (() => void reload().addErrback(() => {}))); // It has been reported.
        oversight?.onStop(stop);
      },
      tellRest: () => this.log.flush(),
      phase: (phase) => {
        if (oversight) oversight.phase = phase;
        if (phase === "serving")
          succession.serve().addCallbacks(
            () => manager?.ready(),
            (failure) => {
              observer.startFailed(failure.value);
              stop?.(BY_UPGRADE);
            },
          );
        if (phase === "draining") manager?.stopping();
      },
    });
    await succession.over();
    oversight?.close();
    await manager?.close();
    await this.#stores?.close();
    return code;
  }

  /** A listening socket for metrics that the predecessor or systemd has passed on. */
  #socketForMetrics(address: Address): Inherited | undefined {
    return this.#predecessor
      ? this.#predecessor.heritage.take({ key: metricsKey(address) })
      : this.#sockets?.take({ service: METRICS, address });
  }

  /** Opens the metrics and control sockets of the process. */
  #oversee(
    { roster, reload, lastReload }: Running,
    observer: Observer<Events>,
    succession: Succession,
  ): Deferred<Oversight | undefined> {
    const { metrics } = this.#settings;
    return Oversight.open({
      metrics,
      inherited: metrics && this.#socketForMetrics(metrics),
      control: this.#control && {
        ...this.#control,
        isLeft: this.#predecessor?.control === this.#control.path,
      },
      watchers: this.watchers,
      services: () => roster.members,
      stores: () => this.#stores?.figures() ?? [],
      lookAtStores: () => this.#stores?.look() ?? succeed<void>(undefined),
      log: this.log,
      linesDropped: () => logWriter().lost,
      clock,
      observer,
      reload,
      lastReload,
      upgrade: () => succession.upgrade(),
      isUpgrading: () => succession.isUpgrading,
    });
  }
}

/** FileDescriptorName= of a systemd socket for metrics. */
const METRICS = "metrics";

/** The stop of a process that was replaced, or could not take over. */
const BY_UPGRADE = { signal: constants.signals.SIGUSR2, name: "upgrade" } as const;

/** Reopens the log file, and logs whether that worked. */
function reopen(file: string, observer: Observer<Events>): void {
  try {
    reopenLog();
    observer.logReopened({ file });
  } catch (error) {
    observer.logNotReopened({ file, error });
  }
}
