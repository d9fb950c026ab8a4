import { fail, fromPromise, type Deferred } from "../../deferred/mod.ts";
import { observerOf } from "../../observe/observer-of.ts";
import type { ShownRequests } from "../../observe/requests-shown.ts";
import { Budget } from "../../services/budget.ts";
import { valueOf } from "../../settings/checks/check.ts";
import { watching } from "../../settings/rows/watching.ts";
import type { Written } from "../../settings/settled.ts";
import { systemClock as clock } from "../../time/clock.ts";
import type { FileComplaint } from "../config/complaint.ts";
import { plan, type Plan, type Planned } from "../config/plan.ts";
import { readConfigFiles } from "../config/read-files.ts";
import { buildMembers, complaintsOfMachine } from "./members.ts";
import { pausing } from "./pauses.ts";
import { Reloader } from "./reload.ts";
import { Roster } from "./roster.ts";
import { Setup } from "../setup.ts";
import { secretVariables } from "../stores.ts";

/**
 * Checks configuration files, and whether this machine has what they need, for `poetry check`.
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
 * Runs the services that configuration files describe until the process is told to stop; SIGHUP reloads the files.
 *
 * @param overrides process settings from the command line
 * @returns the exit code, or the mistakes in the files
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

  const { values } = planned.plan.process;
  const setup = Setup.open(values);
  if (!setup) return 1;
  const { log, watchers } = setup;
  const observer = observerOf(log);
  const memory = processMemory(values["max-memory"]);
  try {
    if (await setup.meetPredecessor()) {
      // First, because the predecessor has to close its stores once it is asked to, but should keep them if this fails.
      const complaints = await complaintsOfMachine(planned.plan);
      if (complaints.length > 0) return complaints;
    }
    await setup.openStores(observer);
  } catch (error) {
    observer.startFailed(error);
    return 1;
  }
  const isSetForAll = planned.plan.process.isGiven("log-requests");
  const around = ({ process, services }: Plan, name: string) => ({
    ...setup.around(
      watchers.observerOf(name, log.of(name), isSetForAll ? undefined : shownOf(services, name)),
      process.values,
    ),
    ...(memory && { processMemory: memory }),
    secrets: secretVariables(process.values),
    name,
  });
  const built = await buildMembers(planned.plan, (name) => around(planned.plan, name));
  if ("complaints" in built) return built.complaints;

  const { members } = built;
  const roster = new Roster(members, clock, { inheritance: setup.inheritance({ hasNames: true }) });
  const applied = ({ process, services }: Plan) => {
    setup.settings = process.values;
    watchers.keepOnly(services.map(({ name }) => name));
  };
  const reloader = new Reloader({
    roster,
    members,
    plan: planned.plan,
    clock,
    observer,
    load,
    around,
    applied,
    pause,
  });
  const reload = (): Deferred<string> =>
    fromPromise(reloader.reload()).addCallbacks(
      (wrong) => (wrong.length > 0 ? fail<string>(new Error(wrong.join("\n"))) : reloader.report),
      (failure) => {
        observer.bug(failure.value);
        return failure;
      },
    );
  const lastReload = () => reloader.last;
  return setup.run({ roster, reload, isReloading: () => reloader.isUnderWay, lastReload }, observer);
}

/** How to show the requests of a service where the process does not say: its preset may hide them. */
function shownOf(services: Plan["services"], name: string): ShownRequests | undefined {
  const settled = services.find((service) => service.name === name)?.settled;
  return settled && valueOf(settled, watching["log-requests"]);
}

/** The memory budget of all services together; undefined: no limit. */
function processMemory(limit: number | undefined): Budget | undefined {
  return limit === undefined ? undefined : new Budget({ limit, maxAnswer: 0 });
}
