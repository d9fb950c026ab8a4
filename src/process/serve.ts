import type { Service } from "../services/service.ts";
import { valueOf } from "../settings/checks/check.ts";
import type { Kind } from "../settings/kinds.ts";
import { listening } from "../settings/rows/listening.ts";
import { UsageError } from "../settings/setting.ts";
import type { Settled } from "../settings/settled.ts";
import { systemClock as clock } from "../time/clock.ts";
import { buildService, type SettledFor } from "./build.ts";
import { Roster } from "./roster/roster.ts";
import { Setup, type ServeSettings } from "./setup.ts";

/** The name of a service that was started by flags. */
const MAIN = "main";

/**
 * Runs one service, started by flags, until the process is told to stop.
 *
 * @returns the exit code
 * @throws {UsageError} if a setting cannot be used on this machine; other failures are logged
 */
export async function serve<K extends Kind>(kind: K, settled: SettledFor<K>): Promise<number> {
  const values = settled.values as unknown as ServeSettings; // Every kind has these, too.
  const setup = Setup.open(values);
  if (!setup) return 1;
  const observer = setup.watchers.observerOf(MAIN, setup.log);
  let service: Service;
  try {
    await setup.meetPredecessor();
    await setup.openStores(observer);
    service = await buildService(kind, settled, setup.around(observer, values));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    observer.startFailed(error);
    return 1;
  }
  const reusePort = valueOf(settled as unknown as Settled, listening["reuse-port"]);
  const members = [{ name: MAIN, service, wanted: service.wanted, reusePort, observer }];
  const inheritance = setup.inheritance({ hasNames: false });
  const roster = new Roster(members, clock, { isNameless: true, inheritance });
  return setup.run({ roster }, observer);
}
