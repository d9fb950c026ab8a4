import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { isUnix } from "../../net/address.ts";
import { canCallLibc } from "../../net/libc.ts";
import { ownAddresses } from "../../settings/checks/loops.ts";
import type { Complaint } from "../../settings/setting.ts";
import type { Settled } from "../../settings/settled.ts";

/**
 * The first setting that asks for something that this machine does not have; undefined: none. Only `buildService` and
 * `poetry check` look at the machine, so that settings can be parsed anywhere.
 */
export function complaintOfMachine(settled: Settled): Complaint | undefined {
  return complaintOfFolders(settled) ?? complaintOfLibc(settled);
}

/** A Unix socket to listen on whose folder does not exist. */
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

/** Settings that need system calls for which Bun has no option. */
const NEED_LIBC = ["source", "send-buffer"];

/** A setting that needs libc, where libc cannot be called. */
function complaintOfLibc(settled: Settled): Complaint | undefined {
  const flag = NEED_LIBC.find((each) => settled.isGiven(each));
  if (flag === undefined || canCallLibc()) return undefined;
  const text = `${settled.nameOf(flag)} has no effect: it needs bun:ffi, which does not work here (on this system, or without a JIT)`;
  return { flag, text };
}
