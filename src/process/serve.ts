import { observerOf } from "../observe/observer-of.ts";
import type { Service } from "../services/service.ts";
import type { Kind, processSettings } from "../settings/kinds.ts";
import { UsageError } from "../settings/setting.ts";
import type { Values } from "../settings/settled.ts";
import { systemClock as clock } from "../time/clock.ts";
import { buildService, type SettledFor } from "./build.ts";
import { openLog } from "./open-log.ts";
import { onStop } from "./signals.ts";
import { runService } from "./stop.ts";

/** What a process that serves needs besides the settings of its services. */
export type ServeSettings = Values<typeof processSettings>;

/**
 * Runs one service in this process until it is told to stop.
 *
 * @returns the exit code
 * @throws {UsageError} where the service cannot be built as it was asked for
 */
export async function serve<K extends Kind>(kind: K, settled: SettledFor<K>): Promise<number> {
  const values: ServeSettings = settled.values;
  const observer = observerOf(openLog(values));
  const needsPeers = values.verbose || values.log === "json";
  let service: Service;
  try {
    service = await buildService(kind, settled, { clock, observer, needsPeers });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    observer.startFailed(error);
    return 1;
  }
  return runService(service, { clock, observer, drainTimeout: values["drain-timeout"], onStop });
}
