import { observerOf } from "../observe/observer-of.ts";
import type { Log } from "../observe/log.ts";
import { UsageError } from "../settings/setting.ts";
import { systemClock as clock } from "../time/clock.ts";
import type { Service } from "../services/service.ts";
import type { Surroundings } from "./build.ts";
import { controlPlace } from "./control-socket.ts";
import { lineStyle, logWriter, openLog, reopenLog, type LogSettings } from "./open-log.ts";
import { Oversight } from "./oversight.ts";
import { onReopen, onStop } from "./signals.ts";
import { runService } from "./stop.ts";
import { Stores, type StoreSettings } from "./stores.ts";
import { Watchers, type WatchSettings } from "./watchers.ts";

/** What a process that serves needs besides the settings of its service. */
export interface ServeSettings extends LogSettings, WatchSettings, StoreSettings {
  readonly "drain-timeout": number;
  readonly "drain-delay": number;
}

/** What a service is called that has no name: flags started it. */
const MAIN = "main";

/**
 * Runs one service in this process until it is told to stop.
 *
 * @returns the exit code
 * @throws {UsageError} where the service cannot be built as it was asked for
 */
export async function serve(
  values: ServeSettings,
  build: (around: Surroundings) => Service | Promise<Service>,
): Promise<number> {
  const file = values["log-file"];
  let log: Log;
  try {
    log = openLog(values, { file });
  } catch (error) {
    observerOf(openLog(values)).startFailed(error);
    return 1;
  }
  const writer = logWriter();
  const control = controlPlace(values);
  const watchers = new Watchers({
    settings: values,
    style: lineStyle(values, file),
    clock,
    write: (line) => writer.write(line),
    counts: values.metrics !== undefined || control !== undefined,
  });
  const observer = watchers.observerOf(MAIN, log);
  if (file !== undefined) onReopen(() => reopen(file, observer));
  const needsTimes = watchers.keepsAccess;
  const needsPeers = needsTimes || values.verbose || values.log === "json";
  let stores: Stores;
  let service: Service;
  try {
    stores = await Stores.open(values, { clock, observer });
    service = await build({ clock, observer, needsPeers, needsTimes, stores });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    observer.startFailed(error);
    return 1;
  }
  let oversight: Oversight | undefined;
  try {
    oversight = await Oversight.open({
      metrics: values.metrics,
      control,
      watchers,
      services: () => [{ name: MAIN, service }],
      stores: () => stores.figures(),
      log,
      linesDropped: () => writer.lost,
      clock,
      observer,
    });
  } catch (error) {
    observer.startFailed(error);
    return 1;
  }
  const code = await runService(service, {
    clock,
    observer,
    drainTimeout: values["drain-timeout"],
    drainDelay: values["drain-delay"],
    onStop: (listener) => {
      onStop(listener);
      oversight?.onStop(listener);
    },
    phase: (phase) => {
      if (oversight) oversight.phase = phase;
    },
  }).addBoth((outcome) => {
    oversight?.close();
    return outcome;
  });
  await stores.close();
  return code;
}

function reopen(file: string, observer: ReturnType<typeof observerOf>): void {
  try {
    reopenLog();
    observer.logReopened({ file });
  } catch (error) {
    observer.logNotReopened({ file, error });
  }
}
