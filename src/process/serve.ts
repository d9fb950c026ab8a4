import type { Service } from "../services/service.ts";
import type { Kind } from "../settings/kinds.ts";
import { UsageError } from "../settings/setting.ts";
import { buildService, type SettledFor } from "./build.ts";
import { Setup, type ServeSettings } from "./setup.ts";

/** What a service is called that has no name: flags started it. */
const MAIN = "main";

/**
 * Runs one service in this process until it is told to stop.
 *
 * @returns the exit code
 * @throws {UsageError} where the service cannot be built as it was asked for
 */
export async function serve<K extends Kind>(kind: K, settled: SettledFor<K>): Promise<number> {
  const values = settled.values as unknown as ServeSettings; // Every kind has these, too.
  const setup = Setup.open(values);
  if (!setup) return 1;
  const observer = setup.watchers.observerOf(MAIN, setup.log);
  let service: Service;
  try {
    await setup.openStores(observer);
    service = await buildService(kind, settled, setup.around(observer, values));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    observer.startFailed(error);
    return 1;
  }
  return setup.run({ runnable: service, services: () => [{ name: MAIN, service }] }, observer);
}
