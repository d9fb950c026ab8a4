import { isUnix } from "../../net/address.ts";
import { canCallLibc } from "../../net/libc.ts";
import { ownAddresses } from "../../settings/checks/loops.ts";
import type { Complaint } from "../../settings/setting.ts";
import type { Settled } from "../../settings/settled.ts";
import { isMadeByManagers, missingFolder, unfitGroup } from "./places.ts";

/**
 * The first setting that asks for something that this machine does not have; undefined: none. Only `buildService` and
 * `poetry check` look at the machine, so that settings can be parsed anywhere.
 *
 * @param isStarting whether the service is about to start: then nobody creates a folder for it any more
 */
export function complaintOfMachine(settled: Settled, isStarting: boolean): Complaint | undefined {
  return complaintOfSockets(settled, isStarting) ?? complaintOfLibc(settled);
}

/** Unix sockets to listen on whose folder or group does not exist, or whose group they cannot be given to. */
function complaintOfSockets(settled: Settled, isStarting: boolean): Complaint | undefined {
  for (const address of ownAddresses(settled)) {
    if (!isUnix(address) || address.path.startsWith("@")) continue;
    const { path, group } = address;
    const missing = missingFolder(path);
    if (missing !== undefined && (isStarting || !isMadeByManagers(path)))
      return { flag: "listen", text: `bad ${settled.nameOf("listen")} "unix:${path}": ${missing}` };
    const unfit = group === undefined ? undefined : unfitGroup(path, group);
    if (unfit !== undefined)
      return { flag: "socket-group", text: `bad ${settled.nameOf("socket-group")} "${group}": ${unfit}` };
  }
  return undefined;
}

/** Settings that need system calls for which Bun has no option. */
const NEED_LIBC = ["source", "send-buffer"];

/** A setting that needs libc, where libc cannot be called. */
function complaintOfLibc(settled: Settled): Complaint | undefined {
  const flag = NEED_LIBC.find((each) => settled.isGiven(each));
  if (flag === undefined || canCallLibc()) return undefined;
  const text = `${settled.nameOf(flag)} has no effect: it needs bun:ffi, which does not work here (on this system, or without a JIT)`;
  return { flag, text };
}
