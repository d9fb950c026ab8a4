import { isUnix, type Address } from "../../net/address.ts";
import type { FileComplaint } from "../config/complaint.ts";
import type { Plan } from "../config/plan.ts";
import { isFolder, isMadeByManagers, missingFolder, unfitGroup } from "./places.ts";

/** Settings of the process that name a file for it to make. */
const MADE = ["store", "log-file", "control", "metrics"] as const;

/** Mistakes in the files that the process itself makes, as far as this machine shows them. */
export function complaintsOfProcess(plan: Plan): FileComplaint[] {
  return [...MADE.flatMap((flag) => complaintOfPlace(plan, flag)), ...complaintOfGroup(plan)];
}

function complaintOfPlace(plan: Plan, flag: (typeof MADE)[number]): FileComplaint[] {
  const path = pathOf(plan, flag);
  if (path === undefined) return [];
  if (isFolder(path)) return located(plan, flag, `${path} is a folder`);
  const why = isMadeByManagers(path) ? undefined : missingFolder(path);
  return why === undefined ? [] : located(plan, flag, why);
}

function complaintOfGroup(plan: Plan): FileComplaint[] {
  const group = plan.process.valueOf("control-group") as string | undefined;
  const why = group === undefined ? undefined : unfitGroup(pathOf(plan, "control") ?? "", group);
  return why === undefined ? [] : located(plan, "control-group", `bad control.group "${group}": ${why}`);
}

function pathOf({ process }: Plan, flag: (typeof MADE)[number]): string | undefined {
  const value = process.valueOf(flag) as Address | string | undefined;
  if (typeof value !== "object") return value;
  return isUnix(value) && !value.path.startsWith("@") ? value.path : undefined;
}

/** Nothing, if it was given on the command line: then it is not a mistake in a file. */
function located({ processGiven }: Plan, flag: string, text: string): FileComplaint[] {
  const given = processGiven.get(flag);
  return given ? [{ file: given.file, at: given.places[0] ?? given.at, text }] : [];
}
