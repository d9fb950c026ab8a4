import { CertificateError } from "../../net/tls/certificates.ts";
import type { Events } from "../../observe/events.ts";
import { FACTS } from "../../observe/facts.ts";
import type { Observer } from "../../services/observer.ts";
import type { Service } from "../../services/service.ts";
import { serviceKeys, type Kind } from "../../settings/kinds.ts";
import { valueOf } from "../../settings/checks/check.ts";
import { ownAddresses } from "../../settings/checks/loops.ts";
import { listening } from "../../settings/rows/listening.ts";
import { SettingError } from "../../settings/setting.ts";
import type { Settled } from "../../settings/settled.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { buildService, renewal, type RenewableKind, type SettledFor, type Surroundings } from "../build.ts";
import { sortComplaints, type FileComplaint } from "../config/complaint.ts";
import type { Plan } from "../config/plan.ts";
import { located, type PlannedService } from "../config/planned-service.ts";
import { complaintOfMachine } from "./machine.ts";
import { complaintsOfProcess } from "./process-files.ts";
import type { Member } from "./roster.ts";

/** A result, or the mistakes in configuration files that prevent it. */
export type Outcome<T> = T | { readonly complaints: readonly FileComplaint[] };

/** A service of the process, and the part of the plan that it was built from. */
export interface PlannedMember extends Member {
  readonly planned: PlannedService;
  readonly observer: Observer<Events>;
}

/**
 * Builds the services of a plan.
 *
 * @param around the surroundings of the service with this name
 * @returns the services, or all complaints about what they need of this machine
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

/** A service as a member of the roster; `renew` is called when the roster changes. */
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

/**
 * What is wrong with the files, folders and programs that a plan names. Builds services where needed, but listens
 * nowhere.
 */
export async function complaintsOfMachine(plan: Plan): Promise<readonly FileComplaint[]> {
  const complaints = complaintsOfProcess(plan);
  for (const planned of plan.services) {
    const complaint = complaintOfMachine(planned.settled, false);
    if (complaint) complaints.push(located(complaint, planned.table));
    const needsIt = planned.kind === "transform-serve" || namesFiles(planned); // Filters, poems, certificates.
    if (complaint || !needsIt) continue;
    const built = await attempt(planned, ON_TRIAL);
    if ("text" in built) complaints.push(built);
  }
  return sortComplaints(complaints, plan.files);
}

/**
 * Whether the contents of files decide what a service does: then it may have changed although its settings are the
 * same.
 */
export function namesFiles({ kind, settled }: PlannedService): boolean {
  return pathsIn(kind, settled).length > 0;
}

/** Builds a planned service; a complaint if that is not possible. */
export function attempt(
  planned: PlannedService,
  around: Surroundings,
): Promise<{ readonly service: Service } | FileComplaint> {
  const { kind, settled } = planned;
  return orComplaint(planned, async () => ({
    service: await buildService(kind, settled as unknown as SettledFor<Kind>, around),
  }));
}

/** A function that gives a running service its planned settings; a complaint if that is not possible. */
export function attemptRenewal(
  planned: PlannedService & { readonly kind: RenewableKind },
  around: Surroundings,
): Promise<{ readonly renew: (service: Service) => void } | FileComplaint> {
  const { kind, settled } = planned;
  return orComplaint(planned, () => ({
    renew: renewal(kind, settled as unknown as SettledFor<typeof kind>, around),
  }));
}

/** The result of `make`, or its error as a complaint about the setting, or the file of a setting, that caused it. */
async function orComplaint<T>(
  { kind, settled, table }: PlannedService,
  make: () => T | Promise<T>,
): Promise<T | FileComplaint> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof SettingError) return located(error.complaint, table);
    const isMeant = (path: string) => error instanceof CertificateError && path === error.file;
    const flag = pathsIn(kind, settled).find(({ paths }) => paths.some(isMeant))?.flag ?? "file";
    return located({ flag, text: error instanceof Error ? error.message : String(error) }, table);
  }
}

/** The files that a service names, by setting. */
function pathsIn(
  kind: Kind,
  settled: Settled,
): { readonly flag: string; readonly paths: readonly string[] }[] {
  return [...serviceKeys(kind).values()]
    .filter(({ flag, isPath }) => isPath === true && settled.isGiven(flag))
    .map(({ flag }) => ({ flag, paths: settled.textsOf(flag) }));
}

/** An observer that ignores every event: services that are only tried out are not logged. */
const NOBODY = Object.fromEntries(
  Object.keys(FACTS).map((event) => [event, () => {}]),
) as unknown as Observer<Events>;

const ON_TRIAL: Surroundings = {
  clock,
  observer: NOBODY,
  needsPeers: false,
  needsTimes: false,
  isTrial: true,
};
