import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { isUnix } from "../../net/address.ts";
import { canCallLibc } from "../../net/libc.ts";
import { ownAddresses } from "../../settings/checks/loops.ts";
import type { Complaint } from "../../settings/setting.ts";
import type { Settled } from "../../settings/settled.ts";

/** What settings ask for that this machine does not have, be the rest of them as it may; undefined: nothing. */
export function complaintOfMachine(settled: Settled): Complaint | undefined {
  return complaintOfFolders(settled) ?? complaintOfLibc(settled);
}

/** The folders of the Unix sockets that a service is to listen on. */
function complaintOfFolders(settled: Settled): Complaint | undefined {
  for (const address of ownAddresses(settled)) {
    if (!isUnix(address) || address.path.startsWith("@")) continue;
    const folder = dirname(address.path);
    if (existsSync(folder)) continue;
    const name = settled.nameOf("listen");
    return { flag: "listen", text: `bad ${name} "unix:${address.path}": there is no folder ${folder}` };
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
