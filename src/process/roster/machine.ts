import { isUnix } from "../../net/address.ts";
import { canCallLibc } from "../../net/libc.ts";
import { ownAddresses } from "../../settings/checks/loops.ts";
import type { Complaint } from "../../settings/setting.ts";
import type { Settled } from "../../settings/settled.ts";
import { isMadeByManagers, missingFolder, unfitGroup } from "./places.ts";

/**
 * What settings ask for that this machine does not have, be the rest of them as it may; undefined: nothing.
 *
 * @param isStarting whether the service is about to start: then nobody makes a folder for it any more
 */
export function complaintOfMachine(settled: Settled, isStarting: boolean): Complaint | undefined {
  return complaintOfSockets(settled, isStarting) ?? complaintOfLibc(settled);
}

/** The folders and the group of the Unix sockets that a service is to listen on. */
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

/** What Bun has no option for. */
const NEED_LIBC = ["source", "send-buffer"];

function complaintOfLibc(settled: Settled): Complaint | undefined {
  const flag = NEED_LIBC.find((each) => settled.isGiven(each));
  if (flag === undefined || canCallLibc()) return undefined;
  const text = `${settled.nameOf(flag)} has no effect: bun:ffi, which it needs, does not work on this system or without a JIT`;
  return { flag, text };
}
