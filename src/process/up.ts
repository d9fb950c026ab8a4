import { levelOf } from "../observe/log.ts";
import { observerOf } from "../observe/observer-of.ts";
import type { Written } from "../settings/settled.ts";
import { systemClock as clock } from "../time/clock.ts";
import type { FileComplaint } from "./config/complaint.ts";
import { plan, type Plan, type Planned } from "./config/plan.ts";
import { readConfigFiles } from "./config/read-files.ts";
import { buildMembers, complaintsOfMachine } from "./members.ts";
import { openLog } from "./open-log.ts";
import { pausing } from "./pauses.ts";
import { Reloader } from "./reload.ts";
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
 * Runs the services that configuration files describe until the process is told to stop; SIGHUP makes it read them again.
 *
 * @param overrides what the command line says for the process as a whole
 * @returns the exit code, or what is wrong with the files
 * @throws {UsageError} for a file that cannot be read
 */
export async function up(
  paths: readonly string[],
  overrides: Written,
): Promise<number | readonly FileComplaint[]> {
  const pause = pausing(clock);
  const load = async () => plan(await readConfigFiles(paths, pause), { overrides, pause });
  const planned = await load();
  if ("complaints" in planned) return planned.complaints;

  let current = planned.plan;
  const log = openLog(current.process.values);
  const observer = observerOf(log);
  const around = ({ process }: Plan, name: string) => ({
    clock,
    observer: observerOf(log.of(name)),
    needsPeers: process.values.verbose || process.values.log === "json",
  });
  const built = await buildMembers(current, (name) => around(current, name));
  if ("complaints" in built) return built.complaints;

  const { members } = built;
  const roster = new Roster(members, clock);
  const took = (next: Plan) => {
    current = next;
    log.level = levelOf(next.process.values);
  };
  const reloader = new Reloader({
    roster,
    members,
    plan: current,
    clock,
    observer,
    load,
    around,
    took,
    pause,
  });
  return runService(roster, {
    clock,
    observer,
    get drainTimeout() {
      return current.process.values["drain-timeout"];
    },
    onStop: (listener) =>
      onStop(listener, () => void reloader.reload().catch((bug: unknown) => listener({ bug }))),
  });
}
