import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { groupNumber, mayGiveTo } from "../../net/system/groups.ts";

/** Where a service manager makes folders for a service, when it starts it (RuntimeDirectory=, StateDirectory= and others). */
const MADE_BY_MANAGERS = /^\/(run|var\/(lib|cache|log))\//;

/** Why no file can be made at `path`: its folder is missing; undefined: it is there. */
export function missingFolder(path: string): string | undefined {
  const folder = dirname(path);
  return isFolder(folder) ? undefined : `there is no folder ${folder}`;
}

/** Whether a service manager may yet make the folder of `path`. */
export function isMadeByManagers(path: string): boolean {
  return MADE_BY_MANAGERS.test(`${dirname(path)}/`);
}

/** Why a socket at `path` cannot be given to a group; undefined if it can, or if that is for another user to know. */
export function unfitGroup(path: string, group: string): string | undefined {
  const number = groupNumber(group);
  if (number === undefined) return `there is no group called ${group}`;
  if (mayGiveTo(number) || !mayMakeFiles(dirname(path))) return undefined;
  return `only a member of this group, or root, may give it the socket ${path}`;
}

/** Otherwise it is another user who is to run the service. */
function mayMakeFiles(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether there is a folder at `path`, perhaps through links. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Missing, in something that is no folder itself, or out of reach.
  }
}
