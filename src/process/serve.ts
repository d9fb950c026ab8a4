import { observerOf } from "../observe/observer-of.ts";
import { UsageError } from "../settings/setting.ts";
import { systemClock as clock } from "../time/clock.ts";
import type { Service } from "../services/service.ts";
import type { Surroundings } from "./build.ts";
import { openLog, type LogSettings } from "./open-log.ts";
import { onStop } from "./signals.ts";
import { runService } from "./stop.ts";
import { Stores, type StoreSettings } from "./stores.ts";

/** What a process that serves needs besides the settings of its service. */
export interface ServeSettings extends LogSettings, StoreSettings {
  readonly "drain-timeout": number;
}

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
  const observer = observerOf(openLog(values));
  const needsPeers = values.verbose || values.log === "json";
  let stores: Stores;
  let service: Service;
  try {
    stores = await Stores.open(values, { clock, observer });
    service = await build({ clock, observer, needsPeers, stores });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    observer.startFailed(error);
    return 1;
  }
  const code = await runService(service, { clock, observer, drainTimeout: values["drain-timeout"], onStop });
  await stores.close();
  return code;
}
