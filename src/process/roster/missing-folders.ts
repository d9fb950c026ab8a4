import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { FileComplaint } from "../config/complaint.ts";
import type { Plan } from "../config/plan.ts";

/** Settings of the process that name a file that it creates. */
const MADE = ["store", "log-file", "control"] as const;

/** Where systemd creates folders when it starts a service (RuntimeDirectory=, StateDirectory= and others). */
const MADE_BY_MANAGERS = /^\/(run|var\/(lib|cache|log))\//;

/** Complaints about files that the process would create in folders that do not exist. */
export function missingFolders({ process, processGiven }: Plan): FileComplaint[] {
  return MADE.flatMap((flag) => {
    const given = processGiven.get(flag);
    const path = process.valueOf(flag) as string | undefined;
    if (!given || path === undefined) return [];
    const folder = dirname(path);
    if (MADE_BY_MANAGERS.test(`${folder}/`) || isFolder(folder)) return [];
    return [{ file: given.file, at: given.places[0] ?? given.at, text: `there is no folder ${folder}` }];
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
