import { observerOf } from "../observe/observer-of.ts";
import type { Written } from "../settings/settled.ts";
import { systemClock as clock } from "../time/clock.ts";
import type { FileComplaint } from "./config/complaint.ts";
import { plan, type Planned } from "./config/plan.ts";
import { readConfigFiles } from "./config/read-files.ts";
import { buildMembers, complaintsOfMachine } from "./members.ts";
import { openLog } from "./open-log.ts";
import { Roster } from "./roster.ts";
import { onStop } from "./signals.ts";
import { runService } from "./stop.ts";

/**
 * Reads configuration files and looks at what they need of this machine.
 *
 * @param paths files, and directories of *.toml
 * @throws {UsageError} for a file that cannot be read
 */
export async function checkFiles(paths: readonly string[]): Promise<Planned> {
  const planned = await plan(await readConfigFiles(paths));
  if ("complaints" in planned) return planned;
  const complaints = await complaintsOfMachine(planned.plan);
  return complaints.length > 0 ? { complaints } : planned;
}

/**
 * Runs the services that configuration files describe until the process is told to stop.
 *
 * @param overrides what the command line says for the process as a whole
 * @returns the exit code, or what is wrong with the files
 * @throws {UsageError} for a file that cannot be read
 */
export async function up(
  paths: readonly string[],
  overrides: Written,
): Promise<number | readonly FileComplaint[]> {
  const planned = await plan(await readConfigFiles(paths), { overrides });
  if ("complaints" in planned) return planned.complaints;
  const { values } = planned.plan.process;
  const log = openLog(values);
  const needsPeers = values.verbose || values.log === "json";
  const observer = observerOf(log);
  const built = await buildMembers(planned.plan, (name) => ({
    clock,
    observer: observerOf(log.of(name)),
    needsPeers,
  }));
  if ("complaints" in built) return built.complaints;
  const roster = new Roster(built.members, clock);
  return runService(roster, { clock, observer, drainTimeout: values["drain-timeout"], onStop });
}
