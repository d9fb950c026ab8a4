import type { Deferred } from "../deferred/mod.ts";
import type { Events } from "../observe/events.ts";
import { levelOf, type Log } from "../observe/log.ts";
import type { LastReload } from "../observe/numbers/watched.ts";
import { observerOf } from "../observe/observer-of.ts";
import type { Observer } from "../services/observer.ts";
import { canCallLibc } from "../net/libc.ts";
import { systemClock as clock } from "../time/clock.ts";
import type { Surroundings } from "./build.ts";
import { controlPlace, type SocketPlace } from "./control-socket.ts";
import { lineStyle, logWriter, openLog, reopenLog, type LogSettings } from "./open-log.ts";
import { Oversight, type Member } from "./oversight.ts";
import { onReopen, onStop } from "./signals.ts";
import { runService, type Runnable } from "./stop.ts";
import { Stores, type StoreSettings } from "./stores.ts";
import { Watchers, type WatchSettings } from "./watchers.ts";

/** What a process that serves needs besides the settings of its services. */
export interface ServeSettings extends LogSettings, WatchSettings, StoreSettings {
  readonly "drain-timeout": number;
  readonly "drain-delay": number;
}

/** What a process runs. */
export interface Running {
  readonly runnable: Runnable;
  readonly services: () => readonly Member[];
  /** Reads the configuration again, on SIGHUP and when told to; absent: there is none. */
  readonly reload?: (() => Deferred<string>) | undefined;
  /** How the last one went. */
  readonly lastReload?: (() => LastReload) | undefined;
}

/** What surrounds the services of a process: its log, those who watch and control it, and its end. */
export class Setup {
  readonly log: Log;
  readonly watchers: Watchers;
  readonly #control: SocketPlace | undefined;
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

  /** Opens the log; undefined if that cannot be done, which is told on standard error. */
  static open(settings: ServeSettings): Setup | undefined {
    try {
      return new Setup(settings);
    } catch (error) {
      observerOf(openLog(settings)).startFailed(error);
      return undefined;
    }
  }

  /** Takes up those settings that can change while the process runs. */
  set settings(settings: ServeSettings) {
    this.#settings = settings;
    this.log.level = levelOf(settings);
  }

  /** Opens the stores that services are to share. Fails if one cannot be opened. */
  openStores(observer: Observer<Events>): Deferred<void> {
    return Stores.open(this.#settings, { clock, observer }).addCallback((stores) => {
      this.#stores = stores;
    });
  }

  /** What surrounds a service. */
  around(observer: Observer<Events>, { verbose, log }: LogSettings): Surroundings {
    const needsTimes = this.watchers.keepsAccess;
    const needsPeers = needsTimes || verbose || log === "json";
    return { clock, observer, needsPeers, needsTimes, ...(this.#stores && { stores: this.#stores }) };
  }

  /**
   * Runs services until the process is told to stop.
   *
   * @param observer is told of the process as a whole
   * @returns the exit code
   */
  async run(
    { runnable, services, reload, lastReload }: Running,
    observer: Observer<Events>,
  ): Promise<number> {
    const { metrics, "log-file": file } = this.#settings;
    if (file !== undefined) onReopen(() => reopen(file, observer));
    let oversight: Oversight | undefined;
    try {
      oversight = await Oversight.open({
        metrics,
        control: this.#control,
        watchers: this.watchers,
        services,
        stores: () => this.#stores?.figures() ?? [],
        log: this.log,
        linesDropped: () => logWriter().lost,
        clock,
        observer,
        reload,
        lastReload,
      });
    } catch (error) {
      observer.startFailed(error);
      return 1;
    }
    if (!canCallLibc()) observer.readersUnseen(undefined);
    const settings = () => this.#settings; // As they are when they are needed.
    const code = await runService(runnable, {
      clock,
      observer,
      get drainTimeout() {
        return settings()["drain-timeout"];
      },
      get drainDelay() {
        return settings()["drain-delay"];
      },
      onStop: (listener) => {
        onStop(listener, reload && (() => void reload().addErrback(() => {}))); // It has been told.
        oversight?.onStop(listener);
      },
      phase: (phase) => {
        if (oversight) oversight.phase = phase;
      },
    }).addBoth((outcome) => {
      oversight?.close();
      return outcome;
    });
    await this.#stores?.close();
    return code;
  }
}

function reopen(file: string, observer: Observer<Events>): void {
  try {
    reopenLog();
    observer.logReopened({ file });
  } catch (error) {
    observer.logNotReopened({ file, error });
  }
}
