import type { Events } from "../../observe/events.ts";
import { FACTS } from "../../observe/facts.ts";
import type { Observer } from "../../services/observer.ts";
import type { Service } from "../../services/service.ts";
import type { Kind } from "../../settings/kinds.ts";
import { valueOf } from "../../settings/checks/check.ts";
import { ownAddresses } from "../../settings/checks/loops.ts";
import { listening } from "../../settings/rows/listening.ts";
import { SettingError } from "../../settings/setting.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { buildService, type SettledFor, type Surroundings } from "../build.ts";
import { sortComplaints, type FileComplaint } from "../config/complaint.ts";
import type { Plan } from "../config/plan.ts";
import { located, type PlannedService } from "../config/planned-service.ts";
import { complaintOfFolders } from "./socket-folders.ts";
import type { Member } from "./roster.ts";

/** Something went wrong with files, or nothing did. */
export type Outcome<T> = T | { readonly complaints: readonly FileComplaint[] };

/** A service of a plan, and what it is made of. */
export interface PlannedMember extends Member {
  readonly planned: PlannedService;
  readonly observer: Observer<Events>;
}

/**
 * Makes the services of a plan.
 *
 * @param around what surrounds the service of a name
 * @returns them, or everything that is wrong with what they need of this machine
 */
export async function buildMembers(
  { services, files }: Plan,
  around: (name: string) => Surroundings,
): Promise<Outcome<{ readonly members: readonly PlannedMember[] }>> {
  const members: PlannedMember[] = [];
  const complaints: FileComplaint[] = [];
  for (const planned of services) {
    const surroundings = around(planned.name);
    const built = await attempt(planned, surroundings);
    if ("text" in built) complaints.push(built);
    else members.push(memberOf(planned, built.service, surroundings.observer));
  }
  return complaints.length > 0 ? { complaints: sortComplaints(complaints, files) } : { members };
}

/** A member of the roster. */
export function memberOf(
  planned: PlannedService,
  service: Service,
  observer: Observer<Events>,
  renew?: () => void,
): PlannedMember {
  const { name, settled } = planned;
  const reusePort = valueOf(settled, listening["reuse-port"]);
  return { planned, name, service, wanted: ownAddresses(settled), reusePort, observer, renew };
}

/** Kinds that need files or programs of this machine. */
const NEEDY: ReadonlySet<Kind> = new Set(["serve", "transform-serve"]);

/** What is wrong with the files and programs that a plan names: they are looked at, and nothing listens. */
export async function complaintsOfMachine({ services, files }: Plan): Promise<readonly FileComplaint[]> {
  const complaints: FileComplaint[] = [];
  for (const planned of services) {
    const folder = complaintOfFolders(planned.settled);
    if (folder) complaints.push(located(folder, planned.table));
    if (folder || !NEEDY.has(planned.kind)) continue;
    const built = await attempt(planned, { clock, observer: NOBODY, needsPeers: false, needsTimes: false });
    if ("text" in built) complaints.push(built);
  }
  return sortComplaints(complaints, files);
}

/** The service that is planned, or why there cannot be one. */
export async function attempt(
  { kind, settled, table }: PlannedService,
  around: Surroundings,
): Promise<{ readonly service: Service } | FileComplaint> {
  try {
    return { service: await buildService(kind, settled as unknown as SettledFor<Kind>, around) };
  } catch (error) {
    if (error instanceof SettingError) return located(error.complaint, table);
    return located({ flag: "file", text: error instanceof Error ? error.message : String(error) }, table);
  }
}

const NOBODY = Object.fromEntries(
  Object.keys(FACTS).map((event) => [event, () => {}]),
) as unknown as Observer<Events>;
